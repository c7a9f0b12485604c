import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { readCertificateFixture } from "../../support/builders/certificate-fixture.ts";
import { get } from "../../support/clients/raw-client.ts";
import {
  application,
  apply,
  balancerAddress,
  helm,
  ingress,
  installChart,
  kube,
  kubectl,
  manifest,
  until,
} from "../cluster.ts";

const HOST = "shop.example.com";
const LOOK_LIMIT_MS = 5000;
const LIVE_MS = 5000;
let address = "";

/** Subject of the certificate that a client of the host is shown. */
async function shownName(): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: 443, servername: HOST, rejectUnauthorized: false });
    onTestFinished(() => void socket.destroy());
    socket.setTimeout(LOOK_LIMIT_MS, () => socket.destroy(new Error("no handshake in time")));
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve(socket.getPeerCertificate().subject.CN as string);
      socket.destroy();
    });
  });
}

async function createSecret(name: string, fixture: "shop" | "wild"): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-late-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [file, text] of Object.entries(readCertificateFixture(fixture))) await writeFile(join(folder, file), text);
  const files = [`--cert=${join(folder, "tls.crt")}`, `--key=${join(folder, "tls.key")}`];
  await kube(["create", "secret", "tls", name, "--namespace", "shop", ...files]);
}

/** A renewal: the object stays, with another certificate. */
async function replaceSecret(name: string, fixture: "shop" | "wild"): Promise<void> {
  const stringData = readCertificateFixture(fixture);
  const patch = ["patch", "secret", name, "--namespace", "shop", "--type=merge", "--patch"];
  await kube([...patch, JSON.stringify({ stringData })]);
}

/** The first certificate to be shown that the test holds for. */
async function untilShown(wanted: (shown: string) => boolean, limitMs: number): Promise<string> {
  const look = async (): Promise<string | null> => {
    const shown = await shownName();
    return wanted(shown) ? shown : null;
  };
  return await until("another certificate", look, limitMs);
}

beforeAll(async () => {
  await kube("create namespace shop");
  await apply(...application("shop", "web"));
});
afterAll(() => kubectl("delete namespace shop --wait=false"));

describe.each([
  ["the whole cluster", "late-cluster", []],
  ["the whole cluster without listing Secrets", "late-names", ["--set", "rbac.listSecrets=false"]],
  ["one namespace", "late-namespace", ["--set", "controller.scope.enabled=true,controller.scope.namespace=shop"]],
])("a controller of %s", (_what, namespace, values) => {
  beforeAll(async () => {
    await installChart("headgate", namespace, ...values);
    address = await balancerAddress(namespace, "headgate-controller");
  });
  afterAll(async () => {
    await kube("delete ingress,secret --all --namespace shop");
    await helm("uninstall", "headgate", "--namespace", namespace, "--wait");
    await kubectl(["delete", "namespace", namespace, "--wait=false"]);
  });

  test("serves a certificate that comes after the Ingress, goes, and is made again", async () => {
    await apply(ingress("shop", "web", HOST, { service: "web", tlsSecret: "late" }));
    await until("the host", async () => ((await get({ address, port: 80 }, HOST, "/")).status === 308 ? true : null));
    const own = await shownName();
    await createSecret("late", "shop");
    expect(await untilShown((shown) => shown !== own, LIVE_MS)).toBe("shop.example.com");
    await kube("delete secret late --namespace shop");
    expect(await untilShown((shown) => shown === own, LIVE_MS)).toBe(own);
    await createSecret("late", "wild");
    expect(await untilShown((shown) => shown !== own, LIVE_MS)).toBe("*.example.com");
    await replaceSecret("late", "shop");
    expect(await untilShown((shown) => shown !== "*.example.com", LIVE_MS)).toBe("shop.example.com");
  });

  test("serves an Ingress whose list of clients names everybody, and refuses one that names IPv4 alone", async () => {
    const list = (range: string): Record<string, string> => ({
      "nginx.ingress.kubernetes.io/whitelist-source-range": range,
    });
    await apply(ingress("shop", "solver", "solver.test", { service: "web", annotations: list("0.0.0.0/0,::/0") }));
    await until("the solver", async () =>
      (await get({ address, port: 80 }, "solver.test", "/")).status === 200 ? true : null,
    );
    const bad = ingress("shop", "half", "half.test", { service: "web", annotations: list("0.0.0.0/0") });
    const { code, stderr } = await kubectl("apply -f -", manifest([bad]));
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining("whitelist-source-range")]);
  });
});
