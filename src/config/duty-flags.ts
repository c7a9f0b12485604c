import { honouredFlag, type FlagEntry } from "./flag-entry.ts";

/** A flag that only means something in a cluster. */
function clusterFlag(fields: Omit<Parameters<typeof honouredFlag>[0], "commands">): FlagEntry {
  return honouredFlag({ ...fields, commands: ["controller"] });
}

const STATUS = "Status and leader";
const ADMISSION = "Admission";

/** What the controller writes back to the API server, and the webhook it answers to. */
export const DUTY_FLAGS: readonly FlagEntry[] = [
  clusterFlag({
    name: "publish-service",
    group: STATUS,
    type: "object",
    fallback: "",
    doc: "Service whose addresses go into the status of Ingresses. Without it and --publish-status-address, those of the nodes our ready pods run on.",
  }),
  clusterFlag({
    name: "publish-status-address",
    group: STATUS,
    type: "text",
    fallback: "",
    doc: "Addresses or host names for the status, separated by commas; excludes --publish-service.",
  }),
  clusterFlag({
    name: "report-node-internal-ip-address",
    group: STATUS,
    type: "bool",
    fallback: "false",
    doc: "Of nodes, publishes the internal address instead of the external one.",
  }),
  clusterFlag({
    name: "update-status",
    group: STATUS,
    type: "bool",
    fallback: "true",
    doc: "Writes the status of Ingresses.",
  }),
  clusterFlag({
    name: "update-status-on-shutdown",
    group: STATUS,
    type: "bool",
    fallback: "true",
    doc: "Clears the status when the last replica ends.",
  }),
  clusterFlag({
    name: "status-update-interval",
    group: STATUS,
    type: "seconds",
    fallback: "60",
    status: {
      kind: "differs",
      how: "changes are written at once; this is how often the addresses are looked up again",
    },
    doc: "Seconds between two looks at the addresses, 5 at least.",
  }),
  clusterFlag({
    name: "election-id",
    group: STATUS,
    type: "name",
    fallback: "ingress-controller-leader",
    doc: "Lease in the pod's namespace by which the replicas agree who writes status and events.",
  }),
  clusterFlag({
    name: "election-ttl",
    group: STATUS,
    type: "duration",
    fallback: "30s",
    doc: "How long a leader that is gone keeps the others waiting, such as 30s.",
  }),
  clusterFlag({
    name: "disable-leader-election",
    group: STATUS,
    type: "bool",
    fallback: "false",
    doc: "Every replica writes; for a single one.",
  }),
  clusterFlag({
    name: "disable-sync-events",
    group: STATUS,
    type: "bool",
    fallback: "false",
    doc: "Writes no Sync event when an Ingress was taken up.",
  }),
  clusterFlag({
    name: "kube-api-qps",
    group: STATUS,
    type: "int",
    fallback: "300",
    doc: "Statuses and Events written a second at most, tries that failed included; the Lease never waits. Not in ingress-nginx.",
  }),
  clusterFlag({
    name: "kube-api-burst",
    group: STATUS,
    type: "int",
    fallback: "100",
    doc: "How many of them may be written at once after a quiet time. Not in ingress-nginx.",
  }),
  clusterFlag({
    name: "validating-webhook",
    group: ADMISSION,
    type: "text",
    fallback: "",
    doc: "Address and port of the admission webhook, such as :8443; none when empty.",
  }),
  clusterFlag({
    name: "validating-webhook-certificate",
    group: ADMISSION,
    type: "text",
    fallback: "",
    doc: "PEM file with its certificate, read again when it changes.",
  }),
  clusterFlag({
    name: "validating-webhook-key",
    group: ADMISSION,
    type: "text",
    fallback: "",
    doc: "PEM file with its key, read again when it changes.",
  }),
  clusterFlag({
    name: "validating-webhook-client-ca",
    group: ADMISSION,
    type: "text",
    fallback: "",
    doc: "PEM file with the authority of client certificates; without it, anybody who reaches the port may ask. Not in ingress-nginx.",
  }),
  clusterFlag({
    name: "deep-inspect",
    group: ADMISSION,
    type: "bool",
    fallback: "true",
    doc: "Also refuses Ingresses, of any class, that hold nginx directives or paths of secrets.",
  }),
];
