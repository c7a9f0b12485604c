import { readFileSync } from "node:fs";
import { join } from "node:path";
import { revealSecret } from "../../../src/lib/secret.ts";
import { readManifests } from "./read-manifests.ts";

const FIXTURES = {
  /** shop.example.com and www.example.com. */
  shop: ["tls/tls-certificates", "shop-tls"],
  /** *.example.com. */
  wild: ["tls/tls-wildcard", "wild-tls"],
} as const;

const read = new Map<string, Readonly<Record<string, string>>>();

/** `tls.crt` and `tls.key` of a Secret of the golden cases. */
export function readCertificateFixture(name: keyof typeof FIXTURES): Readonly<Record<string, string>> {
  const known = read.get(name) ?? load(FIXTURES[name]);
  read.set(name, known);
  return known;
}

function load([folder, secretName]: readonly [string, string]): Readonly<Record<string, string>> {
  const yaml = readFileSync(join(import.meta.dirname, "../../golden", folder, "in.yaml"), "utf8");
  for (const object of readManifests(yaml).objects) {
    if (object.kind !== "Secret" || object.meta.name !== secretName) continue;
    return Object.fromEntries([...object.data].map(([key, value]) => [key, revealSecret(value)]));
  }
  throw new Error(`no Secret ${secretName} in golden case ${folder}`);
}
