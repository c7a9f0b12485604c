import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { parseSync } from "oxc-parser";
import { afterAll, describe, expect, it } from "vitest";

const LAUNCHER = resolve(import.meta.dirname, "../../../bin/headgate.cjs");
const scratch = mkdtempSync(join(tmpdir(), "headgate-launcher-"));

afterAll(() => rmSync(scratch, { recursive: true }));

/** What the launcher does on a Node that says it is this one. */
async function launchOn(version: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const disguise = join(scratch, `${version}.cjs`);
  const versions = `{ value: { node: ${JSON.stringify(version)} } }`;
  const lines = [
    `Object.defineProperty(process, "versions", ${versions});`,
    `Object.defineProperty(process, "version", { value: ${JSON.stringify(`v${version}`)} });`,
  ];
  writeFileSync(disguise, lines.join("\n"));
  const child = spawn(process.execPath, ["--require", disguise, LAUNCHER, "version"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, XDG_CACHE_HOME: scratch },
    timeout: 15_000,
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: code as number | null, stdout, stderr };
}

/** What ECMAScript 5 has. */
const OLD_NODES = new Set(
  [
    "Program ExpressionStatement BlockStatement ReturnStatement IfStatement VariableDeclaration VariableDeclarator",
    "FunctionDeclaration FunctionExpression CallExpression NewExpression MemberExpression AssignmentExpression",
    "BinaryExpression LogicalExpression UnaryExpression ConditionalExpression ArrayExpression ObjectExpression Property",
    "Hashbang ParenthesizedExpression Identifier Literal ThisExpression TryStatement CatchClause ThrowStatement",
  ].flatMap((line) => line.split(" ")),
);

describe("the command of the npm package", () => {
  it.each(["12.22.12", "14.21.3", "18.20.8", "20.20.2", "22.23.5", "24.11.1"])(
    "says in one sentence which Node it needs on %s, and fails",
    async (version) => {
      const said = `headgate needs Node.js 24.12 or newer, this is v${version}.\n`;
      expect(await launchOn(version)).toEqual({ code: 1, stdout: "", stderr: said });
    },
  );

  it.each(["24.12.0", "26.0.0"])("runs on %s", async (version) => {
    expect(await launchOn(version)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^headgate \d/) });
  });

  it("is written in what Node 12 can read, with nothing newer than its import()", () => {
    const { program, errors } = parseSync("headgate.cjs", readFileSync(LAUNCHER, "utf8"));
    expect(errors).toEqual([]);
    const types = new Set<string>();
    collectTypes(program, types);
    expect([...types].filter((type) => !OLD_NODES.has(type))).toEqual(["ImportExpression"]);
  });
});

/** Every kind of node below; `??` and `let` are of kinds that are old, so they are told apart. */
function collectTypes(node: unknown, types: Set<string>): void {
  if (Array.isArray(node)) for (const each of node) collectTypes(each, types);
  if (node === null || typeof node !== "object" || Array.isArray(node)) return;
  const { type, operator, kind } = node as { type?: unknown; operator?: unknown; kind?: unknown };
  if (typeof type === "string")
    types.add(operator === "??" || kind === "let" || kind === "const" ? `${type} ${String(operator ?? kind)}` : type);
  for (const child of Object.values(node)) collectTypes(child, types);
}
