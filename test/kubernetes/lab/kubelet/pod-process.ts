import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LAB } from "../addresses.ts";
import type { Container, Pod } from "./pod.ts";

export interface Place {
  /** Network namespace. */
  readonly network: string;
  readonly address: string;
  /** With a folder for each volume. */
  readonly volumes: string;
  readonly log: string;
}

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Starts the program of a container, with its arguments and environment, as the first process of a namespace of its own. The account's files are mounted where every client looks for
 * them; the paths of other volumes are replaced in arguments and environment by where they really are.
 */
export function startContainer(program: readonly string[], container: Container, pod: Pod, place: Place): ChildProcess {
  const mounts = container.volumeMounts ?? [];
  const account = mounts.find(({ mountPath }) => mountPath === ACCOUNT);
  const real = (text: string): string =>
    mounts
      .filter(({ mountPath }) => mountPath !== ACCOUNT)
      .reduce((result, { name, mountPath }) => result.replaceAll(mountPath, join(place.volumes, name)), text);
  const expanded = expandEnvironment(container, pod, place);
  const args = (container.args ?? []).map((argument) => real(expandArgument(argument, expanded)));
  const env = Object.fromEntries(Object.entries(expanded).map(([name, value]) => [name, real(value)]));
  const enter = ["ip", "netns", "exec", place.network, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const mount =
    account === undefined
      ? ""
      : `mkdir -p ${ACCOUNT} && mount --bind '${join(place.volumes, account.name)}' ${ACCOUNT} && `;
  const script = `mount -t tmpfs tmpfs /run && ${mount}exec "$@"`;
  const log = openSync(place.log, "a");
  const [command = "", ...rest] = [...enter, "sh", "-c", script, "sh", ...program, ...args];
  const child = spawn(command, rest, { env: { ...BASE_ENV, ...env }, stdio: ["ignore", log, log] });
  closeSync(log);
  return child;
}

/** Another program in the namespaces of a running container, in its environment. Null when the container is gone. */
export function startInContainer(
  container: ChildProcess,
  command: readonly string[],
  { env, log }: { readonly env: Environment; readonly log: string },
): ChildProcess | null {
  const pid = containerPid(container);
  if (pid === null) return null;
  const out = openSync(log, "a");
  const enter = ["--target", String(pid), "--net", "--mount", "--pid", "--", ...command];
  const child = spawn("nsenter", enter, { env: { ...BASE_ENV, ...env }, stdio: ["ignore", out, out] });
  closeSync(out);
  return child;
}

/** To the container's first process, which ignores what it has no handler for, as in every container. */
export function signalContainer(container: ChildProcess, signal: NodeJS.Signals): void {
  const pid = containerPid(container);
  if (pid === null) return void container.kill(signal);
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended.
  }
}

/** As this machine counts them; what was started is the one that made its namespace. */
function containerPid({ pid }: ChildProcess): number | null {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
    return child === undefined || child === "" ? null : Number(child);
  } catch {
    return null;
  }
}

const BASE_ENV = {
  PATH: process.env["PATH"] ?? "",
  KUBERNETES_SERVICE_HOST: LAB.kubernetesService,
  KUBERNETES_SERVICE_PORT: "443",
};

type Environment = Readonly<Record<string, string>>;

function expandEnvironment({ env = [] }: Container, pod: Pod, place: Place): Environment {
  const fields: Environment = {
    "metadata.name": pod.metadata.name,
    "metadata.namespace": pod.metadata.namespace,
    "metadata.uid": pod.metadata.uid,
    "spec.nodeName": pod.spec.nodeName ?? "",
    "status.podIP": place.address,
  };
  const entries = env.map(({ name, value, valueFrom }) => {
    const path = valueFrom?.fieldRef?.fieldPath;
    return [name, value ?? (path === undefined ? "" : (fields[path] ?? ""))] as const;
  });
  return Object.fromEntries(entries);
}

/** `$(NAME)` in arguments, as Kubernetes has it. */
function expandArgument(text: string, env: Environment): string {
  return text.replace(/\$\((\w+)\)/g, (whole, name: string) => env[name] ?? whole);
}
