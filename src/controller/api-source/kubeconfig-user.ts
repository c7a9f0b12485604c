import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { parse } from "yaml";
import { isRecord } from "../../kubernetes/parse-fields.ts";

/** What a kubeconfig says of one user and the library that reads it does not keep. */
export interface KubeconfigUser {
  /** Read again and again; goes before a token in the kubeconfig itself. */
  readonly tokenFile: string | null;
  readonly impersonation: Readonly<Record<string, string | readonly string[]>>;
  readonly exec: ExecPlugin | null;
  /** In words, what of it cannot be used; null: nothing. */
  readonly unsupported: string | null;
}

/** A program that prints an ExecCredential. */
export interface ExecPlugin {
  readonly apiVersion: string;
  /** With the folder of the kubeconfig, where it is relative to it. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly provideClusterInfo: boolean;
}

const EXEC_VERSIONS: ReadonlySet<string> = new Set([
  "client.authentication.k8s.io/v1",
  "client.authentication.k8s.io/v1beta1",
]);

const NOTHING: KubeconfigUser = { tokenFile: null, impersonation: {}, exec: null, unsupported: null };

/** The files that kubectl would read, in its order; `path` is the one that was named. */
export function kubeconfigFiles(path: string | null): readonly string[] {
  if (path !== null) return [path];
  const named = (process.env["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  return named.length > 0 ? named : [join(homedir(), ".kube/config")];
}

/** From the first of the files that knows the user. Throws where a file cannot be read or is no YAML. */
export function readKubeconfigUser(files: readonly string[], name: string): KubeconfigUser {
  for (const file of files) {
    if (!existsSync(file)) continue;
    const config: unknown = parse(readFileSync(file, "utf8"));
    const users = isRecord(config) && Array.isArray(config["users"]) ? config["users"] : [];
    const entry: unknown = users.find((user) => isRecord(user) && user["name"] === name);
    if (isRecord(entry) && isRecord(entry["user"])) return readUser(entry["user"], dirname(resolve(file)));
  }
  return NOTHING;
}

function readUser(user: Readonly<Record<string, unknown>>, folder: string): KubeconfigUser {
  const tokenFile = textOf(user["tokenFile"]);
  const exec = isRecord(user["exec"]) ? readExec(user["exec"], folder) : null;
  return {
    tokenFile: tokenFile === "" ? null : absolute(folder, tokenFile),
    impersonation: readImpersonation(user),
    exec,
    unsupported: findUnsupported(user, exec),
  };
}

function readExec(exec: Readonly<Record<string, unknown>>, folder: string): ExecPlugin {
  const command = textOf(exec["command"]);
  const env = Array.isArray(exec["env"]) ? exec["env"].filter(isRecord) : [];
  return {
    apiVersion: textOf(exec["apiVersion"]),
    // Without a slash it is looked for in PATH.
    command: command.includes("/") ? absolute(folder, command) : command,
    args: textsOf(exec["args"]),
    env: env.map(({ name, value }) => ({ name: textOf(name), value: textOf(value) })),
    provideClusterInfo: exec["provideClusterInfo"] === true,
  };
}

function readImpersonation(user: Readonly<Record<string, unknown>>): KubeconfigUser["impersonation"] {
  const headers: Record<string, string | readonly string[]> = {};
  const name = textOf(user["as"]);
  const uid = textOf(user["as-uid"]);
  const groups = textsOf(user["as-groups"]);
  if (name !== "") headers["impersonate-user"] = name;
  if (uid !== "") headers["impersonate-uid"] = uid;
  if (groups.length > 0) headers["impersonate-group"] = groups;
  const extra = isRecord(user["as-user-extra"]) ? user["as-user-extra"] : {};
  for (const [key, values] of Object.entries(extra)) {
    headers[`impersonate-extra-${encodeURIComponent(key.toLowerCase())}`] = textsOf(values);
  }
  return headers;
}

function findUnsupported(user: Readonly<Record<string, unknown>>, exec: ExecPlugin | null): string | null {
  if (textOf(user["username"]) !== "") {
    return "a user name and password (basic authentication), which API servers do not take since Kubernetes 1.19: use a token or a client certificate";
  }
  const provider = isRecord(user["auth-provider"]) ? textOf(user["auth-provider"]["name"]) : "";
  if (provider !== "" && provider !== "oidc") {
    return `the auth-provider ${provider}, which kubectl does not take any more either: use its exec plugin`;
  }
  if (exec === null) return null;
  if (exec.command === "") return "an exec plugin without a command";
  if (!EXEC_VERSIONS.has(exec.apiVersion)) {
    return `an exec plugin of version ${exec.apiVersion}: expected ${[...EXEC_VERSIONS].join(" or ")}`;
  }
  const mode = isRecord(user["exec"]) ? textOf(user["exec"]["interactiveMode"]) : "";
  return mode === "Always" ? "an exec plugin that needs a terminal (interactiveMode: Always)" : null;
}

function absolute(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
