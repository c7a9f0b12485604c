import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kubernetesPage } from "./kubernetes-page.ts";
import { type KubernetesOptions, measureKubernetes } from "./measure-kubernetes.ts";

/** `npm run bench:kubernetes`: see ../README.md. Runs inside the network of the lab. */
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "5000" },
    changes: { type: "string", default: "200" },
    workers: { type: "string", default: "1,2" },
    output: { type: "string", default: join(import.meta.dirname, "../kubernetes.md") },
    help: { type: "boolean", short: "h", default: false },
  },
});

const HELP = `Measures Headgate on a real kube-apiserver with 5,000 Ingresses, Services and EndpointSlices.

Usage: npm run bench:kubernetes -- [options]

  --count N      Ingresses, Services and EndpointSlices (5000)
  --changes N    single changes of Ingresses, and of EndpointSlices (200)
  --workers N,…  worker threads, one start after the other (1,2)
  --output FILE  where the table goes (bench/kubernetes.md)
  -h, --help     prints this text
`;

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const kubeconfig = process.env["KUBECONFIG"];
  if (kubeconfig === undefined) throw new Error("no KUBECONFIG: npm run bench:kubernetes starts it inside a lab");
  const directory = mkdtempSync(join(tmpdir(), "headgate-kubernetes-"));
  const options: KubernetesOptions = {
    count: Number(values.count),
    changes: Number(values.changes),
    workers: values.workers.split(",").map(Number),
    directory,
    say: (line) => void process.stdout.write(`${line}\n`),
  };
  options.say("About 4 minutes.");
  try {
    const page = kubernetesPage(await measureKubernetes(kubeconfig, options), options);
    writeFileSync(values.output, page);
    options.say(page);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
