import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { helm } from "../../test/support/servers/helm.ts";

const ROOT = join(import.meta.dirname, "../..");
const CHART = join(ROOT, "charts/headgate");

/** One folder of `deploy/`: the chart rendered with its values, for those who install without Helm. */
const FLAVOURS = ["cloud", "baremetal", "kind", "hostnetwork"] as const;

interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** Path in the repository → text, for every `deploy.yaml`. */
export async function deployManifests(): Promise<ReadonlyMap<string, string>> {
  const pages = await Promise.all(FLAVOURS.map((flavour) => deployManifest(flavour)));
  return new Map(pages);
}

async function deployManifest(flavour: (typeof FLAVOURS)[number]): Promise<readonly [string, string]> {
  const own = join(ROOT, "deploy", flavour, "values.yaml");
  const values = flavour === "hostnetwork" ? join(CHART, "values-hostnetwork.yaml") : own;
  const rendered = await helm(["template", "headgate", CHART, "--namespace", "headgate", "--values", values]);
  if (rendered.code !== 0) throw new Error(rendered.stderr);
  const objects = parseAllDocuments(rendered.stdout).flatMap((document) => {
    const manifest = document.toJSON() as Manifest | null;
    return manifest === null ? [] : [withoutHelm(manifest)];
  });
  const source =
    flavour === "hostnetwork" ? "charts/headgate/values-hostnetwork.yaml" : `deploy/${flavour}/values.yaml`;
  const note = `# Written by \`node charts/generate.ts\` from the chart and ${source}.\n`;
  const all = [namespaceManifest(), ...objects].map((object) => stringify(object, { lineWidth: 0 }));
  return [`deploy/${flavour}/deploy.yaml`, note + all.join("---\n")];
}

function namespaceManifest(): unknown {
  const labels = { "app.kubernetes.io/name": "headgate", "app.kubernetes.io/instance": "headgate" };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: "headgate", labels } };
}

/** Hooks mean nothing to kubectl: the jobs run beside everything else and try again until their turn has come. */
function withoutHelm(manifest: Manifest): Manifest {
  const { labels = {}, annotations, ...rest } = manifest.metadata;
  const { "helm.sh/chart": _chart, "app.kubernetes.io/managed-by": _managedBy, ...kept } = labels;
  const others = Object.entries(annotations ?? {}).filter(([name]) => !name.startsWith("helm.sh/"));
  const metadata = {
    ...rest,
    labels: kept,
    ...(others.length === 0 ? {} : { annotations: Object.fromEntries(others) }),
  };
  return withoutPodLabels({ ...manifest, metadata });
}

function withoutPodLabels(manifest: Manifest): Manifest {
  const text = JSON.stringify(manifest, (key, value: unknown) =>
    key === "helm.sh/chart" || (key === "app.kubernetes.io/managed-by" && value === "Helm") ? undefined : value,
  );
  return JSON.parse(text) as Manifest;
}
