import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LAB } from "./addresses.ts";

const SERVER_NAMES = [
  `IP:${LAB.server}`,
  `IP:${LAB.kubernetesService}`,
  "IP:127.0.0.1",
  "DNS:kubernetes",
  "DNS:kubernetes.default",
  "DNS:kubernetes.default.svc",
];

/** Of the API server's own certificate. */
export const SERVER_AUTHORITY = "server-ca.crt";
const SERVER = { name: "apiserver", subject: "/CN=kube-apiserver", names: SERVER_NAMES };

/** Authority, certificates and kubeconfigs of a cluster in `folder`, made once, by openssl; the server's anew each time, by the first authority. */
export function makeCertificates(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const openssl = opensslIn(folder);
  if (!existsSync(join(folder, "ca.crt"))) makeAuthority(openssl, "ca");
  copyFileSync(join(folder, "ca.crt"), join(folder, SERVER_AUTHORITY));
  if (!existsSync(join(folder, "sa.key"))) {
    openssl("genrsa", "-out", "sa.key", "2048");
    openssl("rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub");
  }
  rmSync(join(folder, `${SERVER.name}.crt`), { force: true });
  issue(folder, openssl, { ...SERVER, authority: "ca" });
  issue(folder, openssl, { name: "admin", subject: "/O=system:masters/CN=admin", names: [], authority: "ca" });
  issue(folder, openssl, {
    name: "manager",
    subject: "/CN=system:kube-controller-manager",
    names: [],
    authority: "ca",
  });
  for (const user of ["admin", "manager"]) writeFileSync(join(folder, `${user}.kubeconfig`), kubeconfig(folder, user));
}

/** The API server gets a certificate of another authority, and who trusts `SERVER_AUTHORITY` trusts that one alone; clients keep theirs. */
export function replaceServerAuthority(folder: string): void {
  const openssl = opensslIn(folder);
  makeAuthority(openssl, "next");
  rmSync(join(folder, `${SERVER.name}.crt`));
  issue(folder, openssl, { ...SERVER, authority: "next" });
  renameSync(join(folder, "next.crt"), join(folder, SERVER_AUTHORITY));
}

type OpenSsl = (...args: readonly string[]) => void;

function opensslIn(folder: string): OpenSsl {
  return (...args) => void execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

function makeAuthority(openssl: OpenSsl, name: string): void {
  const subject = `/CN=headgate lab ${name}`;
  openssl("req", "-x509", ...EC, "-days", "3650", "-subj", subject, "-keyout", `${name}.key`, "-out", `${name}.crt`);
}

interface Leaf {
  readonly name: string;
  readonly subject: string;
  readonly names: readonly string[];
  readonly authority: string;
}

function issue(folder: string, openssl: OpenSsl, { name, subject, names, authority }: Leaf): void {
  if (existsSync(join(folder, `${name}.crt`))) return;
  const lines = ["keyUsage=digitalSignature", "extendedKeyUsage=serverAuth,clientAuth"];
  if (names.length > 0) lines.push(`subjectAltName=${names.join(",")}`);
  writeFileSync(join(folder, `${name}.ext`), `${lines.join("\n")}\n`);
  openssl("req", ...EC, "-subj", subject, "-keyout", `${name}.key`, "-out", `${name}.csr`);
  const signed = ["-CA", `${authority}.crt`, "-CAkey", `${authority}.key`, "-CAcreateserial", "-days", "3650"];
  openssl("x509", "-req", "-in", `${name}.csr`, ...signed, "-out", `${name}.crt`, "-extfile", `${name}.ext`);
}

function kubeconfig(folder: string, user: string): string {
  const cluster = {
    server: `https://${LAB.server}:${LAB.apiPort}`,
    "certificate-authority": join(folder, SERVER_AUTHORITY),
  };
  const files = { "client-certificate": join(folder, `${user}.crt`), "client-key": join(folder, `${user}.key`) };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "lab", cluster }],
    users: [{ name: user, user: files }],
    contexts: [{ name: "lab", context: { cluster: "lab", user } }],
    "current-context": "lab",
  });
}
