import { createPrivateKey, X509Certificate } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { runCli } from "../../src/cli/cli.ts";
import { BoundedWriter } from "../../src/observability/observability.ts";
import { resourceOfKind } from "../support/servers/fake-api-server/resources.ts";
import { FakeApiServer } from "../support/servers/fake-api-server/fake-api-server.ts";

let server: FakeApiServer;

beforeEach(async () => {
  server = await FakeApiServer.open();
  return () => server[Symbol.asyncDispose]();
});

const HOSTS = "r-headgate-admission,r-headgate-admission.edge.svc";
const CREATE = ["create", `--host=${HOSTS}`, "--namespace=$(POD_NAMESPACE)", "--secret-name=r-admission"];
const PATCH = [
  "patch",
  "--webhook-name=r-admission",
  "--namespace=$(POD_NAMESPACE)",
  "--patch-mutating=false",
  "--secret-name=r-admission",
  "--patch-failure-policy=Fail",
];

interface Ran {
  readonly code: number;
  readonly output: string;
}

async function certgen(args: readonly string[], kubeconfig = server.kubeconfig): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-certgen-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "output");
  const fd = openSync(path, "w");
  const output = new BoundedWriter({ fd, limitBytes: 65_536 });
  const code = await runCli({
    argv: ["certgen", ...args, ...(args.length > 1 ? [`--kubeconfig=${kubeconfig}`] : [])],
    env: { POD_NAMESPACE: "edge" },
    version: "1.0.0",
    terminalColumns: 0,
    signals: process,
    stdout: output,
    stderr: output,
  });
  await output.flush(5000);
  closeSync(fd);
  return { code, output: readFileSync(path, "utf8") };
}

function entries(): Readonly<Record<"ca" | "cert" | "key", string>> {
  const secret = server.log.get(resourceOfKind("Secret"), "edge", "r-admission");
  const data = secret?.["data"] as Record<string, string>;
  const text = (name: string): string => Buffer.from(data[name] ?? "", "base64").toString();
  return { ca: text("ca"), cert: text("cert"), key: text("key") };
}

function webhookConfiguration(): Record<string, unknown> {
  const found = server.log.get(resourceOfKind("ValidatingWebhookConfiguration"), "", "r-admission");
  const [first = {}] = (found?.["webhooks"] ?? []) as Record<string, unknown>[];
  return first;
}

function putWebhooks(): void {
  server.put({
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "r-admission" },
    webhooks: [
      {
        name: "validate.nginx.ingress.kubernetes.io",
        failurePolicy: "Ignore",
        clientConfig: { service: { name: "r-headgate-admission", namespace: "edge" } },
      },
    ],
  });
}

describe("certgen create", () => {
  test("makes a certificate for the hosts, vouched for by an authority whose key is gone", async () => {
    expect(await certgen(CREATE)).toMatchObject({ code: 0 });
    const { ca, cert, key } = entries();
    const [authority, leaf] = [new X509Certificate(ca), new X509Certificate(cert)];
    expect(leaf.checkIssued(authority) && leaf.verify(authority.publicKey)).toBe(true);
    expect(HOSTS.split(",").map((host) => leaf.checkHost(host))).toEqual(HOSTS.split(","));
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(authority.checkPrivateKey(createPrivateKey(key))).toBe(false);
  });

  test("covers addresses as addresses", async () => {
    await certgen(CREATE.with(1, "--host=10.0.0.7,::1"));
    expect(new X509Certificate(entries().cert).subjectAltName).toBe("IP Address:10.0.0.7, IP Address:0:0:0:0:0:0:0:1");
  });

  test("leaves a Secret that is there as it is, with a warning when it does not cover the hosts", async () => {
    await certgen(CREATE);
    const before = entries();
    const again = await certgen(CREATE.with(1, `--host=${HOSTS},other.svc`));
    expect(again.code).toBe(0);
    expect(again.output).toContain("does not cover other.svc");
    expect(entries()).toEqual(before);
  });

  test("says which permission is missing", async () => {
    const { kubeconfig } = await server.enforceRoles([], "edge/nobody");
    const { code, output } = await certgen(CREATE, kubeconfig);
    expect(code).toBe(1);
    expect(output).toContain("cannot read Secret edge/r-admission: HTTP 403");
  });

  test.each([
    [["create", "--namespace=edge", "--secret-name=x"], "--host needs a value"],
    [["create", "--hots=a", "--host=a", "--namespace=edge", "--secret-name=x"], "did you mean --host?"],
    [["patch", ...PATCH.slice(1), "--patch-mutating=true"], "Headgate has no mutating webhook"],
    [["patch", ...PATCH.slice(1), "--patch-failure-policy=No"], "must be Fail or Ignore"],
    [["create", "--host=a b", "--namespace=edge", "--secret-name=x"], "--host a b: neither a host name nor an address"],
    [["renew"], 'there is no "renew"'],
    [[], "say create or patch"],
  ])("refuses %j", async (args, message) => {
    const { code, output } = await certgen(args);
    expect(code).toBe(2);
    expect(output).toContain(message);
  });
});

describe("certgen patch", () => {
  test("makes the API server trust the certificate, and sets the failure policy", async () => {
    putWebhooks();
    await certgen(CREATE);
    expect(await certgen(PATCH)).toMatchObject({ code: 0 });
    const { clientConfig, failurePolicy } = webhookConfiguration();
    expect(clientConfig).toEqual({
      service: { name: "r-headgate-admission", namespace: "edge" },
      caBundle: Buffer.from(entries().ca).toString("base64"),
    });
    expect(failurePolicy).toBe("Fail");
  });

  test("tries again when somebody else wrote the configuration meanwhile", async () => {
    putWebhooks();
    await certgen(CREATE);
    server.faults.next("update", { kind: "status", status: 409 }, "validatingwebhookconfigurations");
    expect(await certgen(PATCH)).toMatchObject({ code: 0 });
    expect(webhookConfiguration()["failurePolicy"]).toBe("Fail");
  });

  test("says what to do when the Secret has no authority", async () => {
    putWebhooks();
    server.put({ kind: "Secret", metadata: { namespace: "edge", name: "r-admission" }, data: {} });
    const { code, output } = await certgen(PATCH);
    expect(code).toBe(1);
    expect(output).toContain("delete it and run certgen create again");
  });
});
