import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FakeDns } from "../../support/servers/fake-dns.ts";
import { get } from "../../support/clients/raw-client.ts";
import { SteadyLoad } from "../../support/clients/steady-load.ts";
import { connectTls } from "../../support/clients/tls-handshake.ts";
import { application, apply, balancerAddress, ingress, installChart, kube, removeAll, until } from "../cluster.ts";
import { LAB } from "../lab/addresses.ts";
import { SERVER_AUTHORITY } from "../lab/certificates.ts";
import { areBuilt, certManagerResources, neighbourPath } from "../lab/neighbours.ts";
import { LabProcess } from "../lab/processes.ts";

const FOLDER = process.env["HEADGATE_LAB"] ?? "";
const PKI = join(FOLDER, "pki");
const PEBBLE_PORT = 14_000;
const SOLVER_IMAGE = "headgate.test/acmesolver";
/** cert-manager looks five times at a challenge, two seconds apart, and rests between tries that fail. */
const ISSUE_LIMIT_MS = 150_000;
const END_LIMIT_MS = 10_000;
const CERT_MANAGER = "cert-manager.io/v1";

let address = "";
let dns: FakeDns;
let plain: SteadyLoad;
let processes: readonly LabProcess[] = [];

describe.skipIf(!areBuilt("certManager", "acmeSolver", "pebble"))("cert-manager beside Headgate", () => {
  beforeAll(async () => {
    await kube("apply --server-side -f -", certManagerResources());
    await kube("create namespace shop");
    await installChart("headgate", "headgate");
    address = await balancerAddress("headgate", "headgate-controller");
    await apply(...application("shop", "web"), ingress("shop", "plain", "plain.test", { service: "web" }));
    dns = await FakeDns.open({ "A acme.test": { addresses: [address], ttl: 1 } });
    // Pebble asks over TCP, cert-manager over UDP.
    processes = [startPebble(await dns.listenTcp()), startCertManager(dns.address)];
    for (const one of processes) one.start();
    await until("the application", async () =>
      (await get({ address, port: 80 }, "plain.test", "/")).status === 200 ? true : null,
    );
    plain = SteadyLoad.start({ host: "plain.test", path: "/", clients: 2, target: () => ({ address, port: 80 }) });
  });
  afterAll(async () => {
    await plain.stop();
    // Challenges have a finalizer that cert-manager takes away.
    await removeAll("headgate", "headgate", "shop");
    for (const one of processes) await one.end("SIGTERM", END_LIMIT_MS);
    await dns[Symbol.asyncDispose]();
    await kube("delete -f - --ignore-not-found", certManagerResources());
  });

  test("an Ingress is served with the certificate that a CA of the cluster issues after it", async () => {
    const root = {
      isCA: true,
      commonName: "root of the shop",
      secretName: "root",
      issuerRef: { name: "self-signed" },
      privateKey: { algorithm: "ECDSA", size: 256 },
    };
    await apply(
      issuer("self-signed", { selfSigned: {} }),
      issuer("authority", { ca: { secretName: "root" } }),
      { apiVersion: CERT_MANAGER, kind: "Certificate", metadata: { name: "root", namespace: "shop" }, spec: root },
      secured("ca", "authority"),
    );
    await until("the certificate of the CA", async () => servedBy("ca.test", "root of the shop"), ISSUE_LIMIT_MS);
    expect(plain.failures).toEqual([]);
  });

  test("an Ingress is served with the certificate that an ACME authority issues after a challenge through Headgate", async () => {
    const acme = {
      server: `https://${LAB.server}:${PEBBLE_PORT}/dir`,
      caBundle: readFileSync(join(PKI, SERVER_AUTHORITY), "base64"),
      privateKeySecretRef: { name: "account" },
      solvers: [{ http01: { ingress: { ingressClassName: "nginx" } } }],
    };
    await apply(issuer("acme", { acme }), secured("acme", "acme"));
    await until(
      "the certificate of Pebble",
      async () => servedBy("acme.test", "Pebble Intermediate CA"),
      ISSUE_LIMIT_MS,
    );
    expect(dns.asked).toContain("A acme.test");
    expect(plain.failures).toEqual([]);
  });

  test("a renewal is served without a restart, costs no request, and leaves no solver behind", async () => {
    const before = await served("acme.test");
    const target = { address, port: 443, tls: "acme.test" };
    await using load = SteadyLoad.start({ host: "acme.test", path: "/", clients: 2, target: () => target });
    await load.untilMore(50);
    await renew("acme-tls");
    const after = await until(
      "another certificate",
      async () => {
        const now = await served("acme.test");
        return now.serial === before.serial ? null : now;
      },
      ISSUE_LIMIT_MS,
    );
    expect(after.issuer).toContain("Pebble Intermediate CA");
    await load.untilMore(50);
    await until("the solver's Ingress to go", async () => {
      const names = await kube("get ingresses --namespace shop --output name");
      return names.includes("cm-acme-http-solver") ? null : true;
    });
    expect([...load.failures, ...plain.failures]).toEqual([]);
  });
});

function startPebble(nameserver: string): LabProcess {
  const config = join(FOLDER, "pebble.json");
  const pebble = {
    listenAddress: `${LAB.server}:${PEBBLE_PORT}`,
    certificate: join(PKI, "apiserver.crt"),
    privateKey: join(PKI, "apiserver.key"),
    httpPort: 80,
    tlsPort: 443,
    keyAlgorithm: "ecdsa",
  };
  writeFileSync(config, JSON.stringify({ pebble }));
  // It asks at once, and for a challenge at every order.
  const env = ["env", "PEBBLE_VA_NOSLEEP=1", "PEBBLE_AUTHZREUSE=0", "PEBBLE_WFE_NONCEREJECT=0"];
  return labProcess("pebble", [...env, neighbourPath("pebble"), `-config=${config}`, `-dnsserver=${nameserver}`]);
}

function startCertManager(nameserver: string): LabProcess {
  return labProcess("cert-manager", [
    neighbourPath("certManager"),
    `--kubeconfig=${process.env["KUBECONFIG"] ?? ""}`,
    `--acme-http01-solver-image=${SOLVER_IMAGE}`,
    `--acme-http01-solver-nameserver=${nameserver}`,
  ]);
}

function labProcess(name: string, command: readonly string[]): LabProcess {
  return new LabProcess(name, command, join(FOLDER, "logs"));
}

function issuer(name: string, spec: object): object {
  return { apiVersion: CERT_MANAGER, kind: "Issuer", metadata: { name, namespace: "shop" }, spec };
}

/** An Ingress for `name.test` that asks for a certificate, in the Secret `name-tls`, by the issuer. */
function secured(name: string, issuerName: string): object {
  const annotations = { "cert-manager.io/issuer": issuerName };
  return ingress("shop", name, `${name}.test`, { service: "web", tlsSecret: `${name}-tls`, annotations });
}

/** What `cmctl renew` writes. */
async function renew(certificate: string): Promise<void> {
  const value = {
    type: "Issuing",
    status: "True",
    reason: "ManuallyTriggered",
    message: "Certificate re-issuance manually triggered",
    lastTransitionTime: new Date().toISOString(),
  };
  const patch = JSON.stringify([{ op: "add", path: "/status/conditions/-", value }]);
  const what = ["patch", "certificate", certificate, "--namespace", "shop", "--subresource", "status"];
  await kube([...what, "--type", "json", "--patch", patch]);
}

async function servedBy(host: string, authority: string): Promise<true | null> {
  return (await served(host)).issuer.startsWith(authority) ? true : null;
}

async function served(host: string): Promise<{ readonly issuer: string; readonly serial: string }> {
  const socket = await connectTls({ host: address, port: 443, servername: host });
  const { issuer: by, serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return { issuer: String(by.CN), serial: serialNumber };
}
