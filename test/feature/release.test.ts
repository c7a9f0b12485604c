import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { faultsOfTag, pinImage } from "../../release/release.ts";
import { goToolBinary, runTool } from "../support/servers/go-tool.ts";

const ROOT = join(import.meta.dirname, "../..");
const WORKFLOWS = join(ROOT, ".github/workflows");
const MODULE = join(import.meta.dirname, "../support/servers/actionlint");
const BUILD_LIMIT_MS = 320_000;
const DIGEST = `sha256:${"a1".repeat(32)}`;

function file(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

const files = {
  package: '{"version": "1.2.3"}',
  chart: "version: 1.2.3\nappVersion: 1.2.3\n",
  changelog: "# Changelog\n\n## 1.2.3 (2026-12-01)\n\n- Something.\n",
};

describe("a release", () => {
  test("may go out under the version that package, chart and changelog have", () => {
    expect(faultsOfTag("v1.2.3", files)).toEqual([]);
  });

  test.each([
    ["another tag", "v1.2.4", files, "it must be v1.2.3"],
    ["a tag without v", "1.2.3", files, "it must be v1.2.3"],
    [
      "another chart",
      "v1.2.3",
      { ...files, chart: "version: 1.2.3\nappVersion: 1.2.2\n" },
      "Chart.yaml says 1.2.3 (1.2.2)",
    ],
    ["no section in the changelog", "v1.2.3", { ...files, changelog: "## Unreleased\n## 1.2.30\n" }, '"## 1.2.3"'],
  ])("with %s is refused in one sentence", (_what, tag, given, words) => {
    const faults = faultsOfTag(tag, given);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(words);
  });

  test("pins the image in the chart, and changes nothing else of its values", () => {
    const values = file("charts/headgate/values.yaml");
    const pinned = pinImage(values, DIGEST);
    expect((parse(pinned) as { controller: { image: { digest: string } } }).controller.image.digest).toBe(DIGEST);
    const changed = pinned.split("\n").filter((line, index) => line !== values.split("\n")[index]);
    expect(changed).toEqual([`    digest: "${DIGEST}"`]);
    expect(() => pinImage(values, "latest")).toThrow("latest is no digest");
  });
});

describe("workflows", () => {
  let actionlint: string | null = null;

  beforeAll(async () => {
    const path = "github.com/rhysd/actionlint/cmd/actionlint";
    actionlint = await goToolBinary({ name: "actionlint", version: "1.7.12", module: MODULE, package: path });
  }, BUILD_LIMIT_MS);

  test.for(readdirSync(WORKFLOWS))(
    "%s pass a linter that knows contexts, permissions and shell",
    async (name, context) => {
      if (actionlint === null) context.skip("there is no Go to build actionlint with");
      const options = { folder: ROOT, limitMs: 60_000 };
      expect(await runTool(actionlint ?? "", ["-no-color", "-shellcheck=", join(WORKFLOWS, name)], options)).toEqual({
        code: 0,
        output: "",
      });
    },
  );

  test.each(readdirSync(WORKFLOWS))("%s use actions by commit, and have no rights that a job does not name", (name) => {
    const text = file(`.github/workflows/${name}`);
    const used = text.match(/uses: \S+.*/g) ?? [];
    expect(used.filter((line) => !/@[0-9a-f]{40} # v\d+(\.\d+)*$/.test(line))).toEqual([]);
    const workflow = parse(text) as {
      permissions: object;
      jobs: Record<string, { permissions?: object; "timeout-minutes"?: number }>;
    };
    expect(workflow.permissions).toEqual({});
    for (const job of Object.values(workflow.jobs)) {
      expect(job.permissions).toBeDefined();
      expect(job["timeout-minutes"]).toBeGreaterThan(0);
    }
  });
});
