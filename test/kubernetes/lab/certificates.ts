import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
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

/** Authority, certificates and kubeconfigs of a cluster in `folder`, made once, by openssl. */
export function makeCertificates(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const openssl = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  };
  if (!existsSync(join(folder, "ca.crt"))) makeAuthority(openssl, "ca");
  if (!existsSync(join(folder, "sa.key"))) {
    openssl("genrsa", "-out", "sa.key", "2048");
    openssl("rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub");
  }
  issue(folder, openssl, { name: "apiserver", subject: "/CN=kube-apiserver", names: SERVER_NAMES });
  issue(folder, openssl, { name: "admin", subject: "/O=system:masters/CN=admin", names: [] });
  issue(folder, openssl, { name: "manager", subject: "/CN=system:kube-controller-manager", names: [] });
  for (const user of ["admin", "manager"]) writeFileSync(join(folder, `${user}.kubeconfig`), kubeconfig(folder, user));
}

type OpenSsl = (...args: readonly string[]) => void;

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

function makeAuthority(openssl: OpenSsl, name: string): void {
  const subject = `/CN=headgate lab ${name}`;
  openssl("req", "-x509", ...EC, "-days", "3650", "-subj", subject, "-keyout", `${name}.key`, "-out", `${name}.crt`);
}

interface Leaf {
  readonly name: string;
  readonly subject: string;
  readonly names: readonly string[];
}

function issue(folder: string, openssl: OpenSsl, { name, subject, names }: Leaf): void {
  if (existsSync(join(folder, `${name}.crt`))) return;
  const lines = ["keyUsage=digitalSignature", "extendedKeyUsage=serverAuth,clientAuth"];
  if (names.length > 0) lines.push(`subjectAltName=${names.join(",")}`);
  writeFileSync(join(folder, `${name}.ext`), `${lines.join("\n")}\n`);
  openssl("req", ...EC, "-subj", subject, "-keyout", `${name}.key`, "-out", `${name}.csr`);
  const authority = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3650"];
  openssl("x509", "-req", "-in", `${name}.csr`, ...authority, "-out", `${name}.crt`, "-extfile", `${name}.ext`);
}

function kubeconfig(folder: string, user: string): string {
  const cluster = { server: `https://${LAB.server}:${LAB.apiPort}`, "certificate-authority": join(folder, "ca.crt") };
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
