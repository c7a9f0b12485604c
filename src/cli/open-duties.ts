import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Duties, type DutiesOptions } from "../controller/controller.ts";
import type { ControllerConfig } from "../config/config.ts";
import { systemClock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";

type Pod = DutiesOptions["pod"];

/** What this replica writes back to the API server, by the command line and the pod it runs in. */
export function openDuties(
  config: ControllerConfig,
  env: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): Duties {
  const pod = podOf(env);
  if (pod === null && config.duties.leaderElection) {
    const message =
      "POD_NAME and POD_NAMESPACE are not set, so this replica neither leads nor writes status and events; set them, or --disable-leader-election";
    logger.warn({}, message);
  }
  return new Duties({
    kubeconfig: config.kubeconfig,
    apiServerHost: config.apiServerHost,
    pod,
    // A container that starts again in the same pod must not take itself for its predecessor, which may still be ending.
    identity: `${pod?.name ?? hostname()}_${randomUUID().slice(0, 8)}`,
    election: electionOf(config, pod),
    status: statusOf(config, pod),
    writes: { perSecond: config.duties.kubeApiQps, burst: config.duties.kubeApiBurst },
    syncEvents: config.duties.syncEvents ? "on" : "off",
    configMap: config.configMap,
    logger,
    clock: systemClock,
    random: Math.random,
  });
}

function podOf(env: Readonly<Record<string, string | undefined>>): Pod {
  const { POD_NAMESPACE: namespace = "", POD_NAME: name = "" } = env;
  return namespace === "" || name === "" ? null : { namespace, name };
}

function electionOf(config: ControllerConfig, pod: Pod): DutiesOptions["election"] {
  if (!config.duties.leaderElection) return { kind: "always" };
  if (pod === null) return { kind: "never" };
  return {
    kind: "lease",
    namespace: pod.namespace,
    name: config.duties.electionId,
    ttlMs: config.duties.electionTtlMs,
  };
}

function statusOf(config: ControllerConfig, pod: Pod): DutiesOptions["status"] {
  const addresses = addressesOf(config, pod);
  if (!config.duties.updateStatus || addresses === null) return null;
  const atShutdown = config.duties.updateStatusOnShutdown ? "clear" : "keep";
  return { addresses, intervalMs: config.duties.statusUpdateIntervalMs, atShutdown };
}

/** Outside of a pod there are no nodes of ours to publish. */
function addressesOf(config: ControllerConfig, pod: Pod): NonNullable<DutiesOptions["status"]>["addresses"] | null {
  const { publishStatusAddresses, publishService, reportNodeInternalIp } = config.duties;
  if (publishStatusAddresses.length > 0) return { kind: "fixed", addresses: publishStatusAddresses };
  if (publishService !== null) return { kind: "service", service: publishService };
  return pod && { kind: "nodes", pod, prefers: reportNodeInternalIp ? "internal" : "external" };
}
