import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { application, apply, balancerAddress, ingress, installChart, kube, removeAll, until } from "../cluster.ts";
import { areBuilt, neighbourPath } from "../lab/neighbours.ts";

interface Planned {
  readonly name: string;
  readonly type: string;
  readonly targets: readonly string[];
}

const RUN_LIMIT_MS = 60_000;
let address = "";

describe.skipIf(!areBuilt("externalDns"))("external-dns beside Headgate", () => {
  beforeAll(async () => {
    await kube("create namespace shop");
    await installChart("headgate", "headgate");
    address = await balancerAddress("headgate", "headgate-controller");
    await apply(
      ...application("shop", "web", 1),
      ingress("shop", "web", "web.test", { service: "web" }),
      ingress("shop", "other", "other.test", { service: "web" }),
    );
  });
  afterAll(() => removeAll("headgate", "headgate", "shop"));

  test("plans a record to the load balancer for the host of every Ingress", async () => {
    const records = await until("both records", async () => {
      const planned = await plan();
      return planned.length === 2 ? planned : null;
    });
    expect(records).toEqual([
      { name: "other.test", type: "A", targets: [address] },
      { name: "web.test", type: "A", targets: [address] },
    ]);
  });

  test("plans no record for an Ingress of another class, whose status Headgate leaves alone", async () => {
    const foreign = ingress("shop", "foreign", "foreign.test", { service: "web" }) as { spec: object };
    await apply({ ...foreign, spec: { ...foreign.spec, ingressClassName: "somebody-else" } });
    await apply(ingress("shop", "later", "later.test", { service: "web" }));
    const records = await until("the record of the Ingress after it", async () => {
      const planned = await plan();
      return planned.some(({ name }) => name === "later.test") ? planned : null;
    });
    expect(records.map(({ name }) => name)).toEqual(["later.test", "other.test", "web.test"]);
  });

  test("plans no record any more once the Ingress is gone", async () => {
    await kube("delete ingress other later --namespace shop");
    expect((await plan()).map(({ name }) => name)).toEqual(["web.test"]);
  });
});

/** What external-dns says that it creates, by name, when it looks once at the cluster as it is now; its provider begins without records. */
async function plan(): Promise<readonly Planned[]> {
  const provider = ["--provider=inmemory", "--inmemory-zone=test", "--registry=noop"];
  const run = [
    `--kubeconfig=${process.env["KUBECONFIG"]}`,
    "--source=ingress",
    ...provider,
    "--dry-run",
    "--once",
    "--log-format=json",
  ];
  const { stderr, stdout } = await promisify(execFile)(neighbourPath("externalDns"), run, { timeout: RUN_LIMIT_MS });
  const lines = `${stdout}${stderr}`.split("\n").filter((line) => line.startsWith("{"));
  const records = lines.flatMap((line) => readRecord((JSON.parse(line) as { readonly msg: string }).msg));
  return records.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `CREATE: web.test 0 IN A  10.79.0.5;10.79.0.6 []`: name, TTL, class, type, set, targets, what else the provider wants. */
function readRecord(message: string): readonly Planned[] {
  const [, name, type, targets] = /^CREATE: (\S+) \d+ IN (\S+) \S* (\S+) /.exec(message) ?? [];
  return name === undefined || type === undefined || targets === undefined
    ? []
    : [{ name, type, targets: targets.split(";") }];
}
