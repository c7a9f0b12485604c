import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Release notes are fragments, so that two changes never meet in one file: `changes/NAME.md` begins with a line `section: NAME` and goes on
 * with list items. `node release/changes.ts` prints what the next release would say; `node release/changes.ts 1.2.3` moves it into CHANGELOG.md.
 */

const ROOT = join(import.meta.dirname, "..");
const FOLDER = join(ROOT, "changes");
const CHANGELOG = join(ROOT, "CHANGELOG.md");

/** Sections in the order of the changelog. */
export const SECTIONS = [
  "Access control",
  "Traffic",
  "Reasons",
  "Dev mode",
  "Package, chart, process",
  "Cluster",
  "Speed",
  "For contributors",
  "All of it",
] as const;

export interface Fragment {
  readonly name: string;
  readonly text: string;
}

/** What is wrong with a fragment, in one sentence; null when it is right. */
export function faultOfFragment({ name, text }: Fragment): string | null {
  const [head = "", ...lines] = text.split("\n");
  const section = head.startsWith("section: ") ? head.slice("section: ".length) : null;
  if (section === null) return `${name}: the first line must be "section: NAME"`;
  if (!SECTIONS.some((known) => known === section)) {
    return `${name}: there is no section "${section}"; sections are ${SECTIONS.join(", ")}`;
  }
  const body = lines.filter((line) => line !== "");
  if (body.length === 0) return `${name}: nothing is told`;
  const odd = body.find((line) => !line.startsWith("- ") && !line.startsWith("  "));
  return odd === undefined ? null : `${name}: "${odd}" is neither a list item nor the rest of one`;
}

/** All fragments as one text: a heading for each section that has any, items in the order of the fragments' names. */
export function gatherFragments(fragments: readonly Fragment[]): string {
  const sorted = fragments.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return SECTIONS.flatMap((section) => {
    const items = sorted.flatMap(({ text }) => {
      const [head, ...lines] = text.split("\n");
      return head === `section: ${section}` ? lines.filter((line) => line !== "") : [];
    });
    return items.length === 0 ? [] : [`### ${section}`, "", ...items, ""];
  }).join("\n");
}

/** The changelog with a new section on top. @throws where it has that version already */
export function withRelease(changelog: string, heading: string, notes: string): string {
  if (changelog.split("\n").includes(`## ${heading}`)) throw new Error(`CHANGELOG.md has "## ${heading}" already`);
  const firstSection = changelog.indexOf("\n## ");
  const [before, after] =
    firstSection === -1
      ? [changelog.trimEnd(), ""]
      : [changelog.slice(0, firstSection).trimEnd(), changelog.slice(firstSection)];
  return `${before}\n\n## ${heading}\n\n${notes.trimEnd()}\n${after}`;
}

/** By name: every `changes/*.md`. */
export function readFragments(): readonly Fragment[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".md") && name !== "README.md")
    .map((name) => ({ name, text: readFileSync(join(FOLDER, name), "utf8") }));
}

function run([version]: readonly string[]): number {
  const fragments = readFragments();
  const faults = fragments.map(faultOfFragment).filter((fault) => fault !== null);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) return 1;
  const notes = gatherFragments(fragments);
  if (version === undefined) {
    process.stdout.write(`${notes}\n`);
    return 0;
  }
  const heading = `${version} (${new Date().toISOString().slice(0, 10)})`;
  writeFileSync(CHANGELOG, withRelease(readFileSync(CHANGELOG, "utf8"), heading, notes));
  for (const { name } of fragments) rmSync(join(FOLDER, name));
  return 0;
}

if (import.meta.main) process.exitCode = run(process.argv.slice(2));
