import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

/** What a package's own package.json says. */
export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** A package of which something is in the bundle. */
export interface BundledPackage extends PackageFacts {
  /** Text of its licence files; empty where it has none. */
  readonly licenceText: string;
}

const MODULES = `${sep}node_modules${sep}`;

/** The packages that these modules (absolute paths) come from, by name, each version once. */
export function bundledPackages(moduleIds: readonly string[]): readonly BundledPackage[] {
  const folders = new Set(moduleIds.flatMap((id) => folderOf(id) ?? []));
  return [...folders].map(readPackage).toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

/** CycloneDX 1.5: what is in the bundle, and nothing that is only needed to make it. */
export function formatSbom(own: PackageFacts, packages: readonly BundledPackage[]): string {
  const bom = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: { component: { ...componentOf(own), type: "application" } },
    components: packages.map(componentOf),
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
}

/** The licences of the packages in the bundle, which ask to be passed on with it. */
export function formatLicences(packages: readonly BundledPackage[]): string {
  return packages
    .map((one) => `${idOf(one)} (${one.license ?? "no licence named"})\n\n${one.licenceText.trim()}\n`)
    .join(`\n${"-".repeat(80)}\n\n`);
}

function folderOf(id: string): string | null {
  const at = id.lastIndexOf(MODULES);
  if (at === -1) return null;
  const [scope = "", name = ""] = id.slice(at + MODULES.length).split(sep);
  return id.slice(0, at) + MODULES + (scope.startsWith("@") ? join(scope, name) : scope);
}

function readPackage(folder: string): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageFacts;
  const files = globSync("{LICENSE,LICENCE,license,NOTICE}*", { cwd: folder }).toSorted();
  const licenceText = files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
  return { name, version, ...(license === undefined ? {} : { license }), licenceText };
}

function idOf({ name, version }: PackageFacts): string {
  return `${name}@${version}`;
}

function componentOf({ name, version, license }: PackageFacts): object {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const licenses = license === undefined ? {} : { licenses: [{ expression: license }] };
  return { type: "library", "bom-ref": purl, name, version, purl, ...licenses };
}
