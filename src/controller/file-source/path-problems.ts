import type { Problem } from "../../model/problem.ts";

/** A given path that is not there, or cannot be read. */
export function missingProblem(path: string, reason: string): Problem {
  return {
    severity: "error",
    reason: "FileNotReadable",
    source: { kind: "File", namespace: "", name: path },
    field: "",
    value: "",
    message: `${reason}: check the path; it is read as soon as it appears`,
    effect: "not-served",
  };
}

/** A folder of a tool that makes manifests; `command` makes and serves them. */
export function unrenderedProblem(path: string, command: string): Problem {
  return {
    severity: "warning",
    reason: "NeedsRendering",
    source: { kind: "Folder", namespace: "", name: path },
    field: "",
    value: "",
    message: `its files are no manifests yet; to render and serve them: ${command}`,
    effect: "not-served",
  };
}
