import { EventEmitter } from "node:events";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { COMMANDS, runCli } from "../../../src/cli/cli.ts";
import type { Environment } from "../../../src/cli/console.ts";
import { BoundedWriter } from "../../../src/observability/observability.ts";

const written: { stdout: string[]; stderr: string[] } = { stdout: [], stderr: [] };

beforeEach(() => {
  written.stdout = [];
  written.stderr = [];
});

/** A process that keeps what is written. */
function environmentOf(...argv: readonly string[]): Environment {
  return {
    argv,
    env: {},
    version: "1.2.3",
    terminalColumns: 0,
    signals: new EventEmitter(),
    stdout: keeper("stdout", 1),
    stderr: keeper("stderr", 2),
  };
}

function keeper(name: "stdout" | "stderr", fd: 1 | 2): BoundedWriter {
  const writer = new BoundedWriter({ fd, limitBytes: 0 });
  vi.spyOn(writer, "writeLine").mockImplementation((line) => void written[name].push(line));
  return writer;
}

const names = COMMANDS.map(({ name }) => name);

describe.each(COMMANDS)("headgate $name", ({ name, prepare }) => {
  it.each(["--help", "-h"])("answers %s, wherever it stands, and has nothing to do then", async (flag) => {
    for (const args of [[flag], [flag, "--help"]]) {
      written.stdout = [];
      expect(await prepare(args, environmentOf())).toEqual({ kind: "exit", code: 0 });
      expect(written.stdout.join("\n")).toContain("headgate");
    }
  });

  it("names a flag that it does not know, with the nearest one", async () => {
    const prepared = await prepare(["--hepl"], environmentOf());
    if (name === "controller") {
      // Extra arguments are carried over from ingress-nginx: they are warned of, and the controller serves.
      expect(prepared.kind).toBe("run");
      return;
    }
    expect(prepared).toEqual({ kind: "exit", code: 2 });
    expect(written.stderr.join("\n")).toMatch(
      name === "certgen" ? /say create or patch|there is no/ : /--hepl.*did you mean --help/,
    );
  });

  it("reads its arguments without a signal to any process", async () => {
    const kill = vi.spyOn(process, "kill").mockReturnValue(true);
    for (const args of [["--help"], ["--hepl"], ["unheard-of"], []]) await prepare(args, environmentOf());
    expect(kill).not.toHaveBeenCalled();
    kill.mockRestore();
  });

  it("is explained by headgate help", async () => {
    expect(await runCli(environmentOf("help", name))).toBe(0);
    const told = written.stdout;
    written.stdout = [];
    expect(await runCli(environmentOf(name, "--help"))).toBe(0);
    expect(told).toEqual(written.stdout);
    expect(told.length).toBeGreaterThan(1);
  });
});

describe("the command line", () => {
  it.each([
    [["contoller"], "did you mean controller?"],
    [["help", "contoller"], "did you mean controller?"],
    [["version", "now"], "now: unknown argument"],
    [["wait-shutdown", "30"], "30: unknown argument"],
    [["certgen", "creat"], "did you mean create?"],
    [["certgen", "create", "--hosts=a"], "did you mean --host?"],
  ])("%j is an error that says what is meant", async (argv, said) => {
    expect(await runCli(environmentOf(...argv))).toBe(2);
    expect(written.stderr.join("\n")).toContain(said);
    expect(written.stdout).toEqual([]);
  });

  it("has a command for each name, once", () => {
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("wait-shutdown");
  });
});
