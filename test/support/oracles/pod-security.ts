interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly allowPrivilegeEscalation?: boolean;
  readonly privileged?: boolean;
  readonly seccompProfile?: { readonly type: string };
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
}

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly securityContext?: SecurityContext;
  readonly ports?: readonly { readonly hostPort?: number }[];
}

export interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly securityContext?: SecurityContext & { readonly sysctls?: readonly { readonly name: string }[] };
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}

const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/** What the Pod Security Standard `restricted` forbids in a pod, one line each. */
export function restrictedProblems(pod: PodSpec): readonly string[] {
  const containers = [...pod.containers, ...(pod.initContainers ?? [])];
  return [...podProblems(pod), ...containers.flatMap((container) => containerProblems(container, pod))];
}

function podProblems(pod: PodSpec): readonly string[] {
  const volumes = (pod.volumes ?? []).flatMap(({ name, ...source }) =>
    Object.keys(source)
      .filter((type) => !VOLUMES.includes(type))
      .map((type) => `volume ${String(name)} is of type ${type}`),
  );
  const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => pod[field] === true);
  return [...volumes, ...shared];
}

function containerProblems(container: Container, pod: PodSpec): readonly string[] {
  const own = container.securityContext ?? {};
  const shared = pod.securityContext ?? {};
  const seccomp = own.seccompProfile ?? shared.seccompProfile;
  const rules: readonly (readonly [boolean, string])[] = [
    [(own.runAsNonRoot ?? shared.runAsNonRoot) === true, "may run as root"],
    [(own.runAsUser ?? shared.runAsUser) !== 0, "runs as user 0"],
    [own.allowPrivilegeEscalation === false, "allows privilege escalation"],
    [own.privileged !== true, "is privileged"],
    [["RuntimeDefault", "Localhost"].includes(seccomp?.type ?? ""), "has no seccomp profile"],
    [own.capabilities?.drop?.includes("ALL") === true, "does not drop all capabilities"],
    [(own.capabilities?.add ?? []).every((name) => name === "NET_BIND_SERVICE"), "adds capabilities"],
    [(container.ports ?? []).every(({ hostPort = 0 }) => hostPort === 0), "has host ports"],
  ];
  return rules.filter(([kept]) => !kept).map(([, text]) => `container ${container.name} ${text}`);
}
