import { parseGoInt } from "../lib/go-values.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Endpoint } from "../model/upstream.ts";
import { controllerFlag, devFlag, everyOccurrence, flag, type FlagTable } from "./flag-entry.ts";
import {
  optional,
  parseAddress,
  parseBoolFlag,
  parseControllerClass,
  parseMapping,
  parseName,
  parseObject,
  parsePath,
  parsePort,
  parseSeconds,
  parseText,
  parseUrl,
  parseWorkers,
  type Mapping,
} from "./flag-values.ts";

/** Flags whose values are `Config` as they are, under ingress-nginx's names where it has them. The keys are those of `Config`. */
export const MAIN_FLAGS = {
  ingressClass: flag({
    name: "ingress-class",
    group: "Ingress selection",
    type: "name",
    parse: parseName,
    fallback: "nginx",
    doc: "Value of the annotation kubernetes.io/ingress.class that is ours, and with --ingress-class-by-name the class. The dev proxy serves every class unless a class flag is given.",
  }),
  controllerClass: flag({
    name: "controller-class",
    group: "Ingress selection",
    type: "text",
    parse: parseControllerClass,
    fallback: "k8s.io/ingress-nginx",
    doc: "spec.controller of the IngressClasses that are ours.",
  }),
  ingressClassByName: flag({
    name: "ingress-class-by-name",
    group: "Ingress selection",
    type: "bool",
    parse: parseBoolFlag,
    fallback: "false",
    doc: "Also takes the IngressClass that is named like --ingress-class.",
  }),
  watchIngressWithoutClass: flag({
    name: "watch-ingress-without-class",
    group: "Ingress selection",
    type: "bool",
    parse: parseBoolFlag,
    fallback: "false",
    doc: "Also serves Ingresses that name no class.",
  }),
  /** Null: all namespaces, or those of the selector. */
  watchNamespace: controllerFlag({
    name: "watch-namespace",
    group: "Ingress selection",
    type: "name",
    parse: optional(parseName),
    fallback: "",
    doc: "The only namespace to look at; all when empty.",
  }),
  watchNamespaceSelector: controllerFlag({
    name: "watch-namespace-selector",
    group: "Ingress selection",
    type: "text",
    parse: parseText,
    fallback: "",
    doc: "Label selector for the namespaces to look at; excludes --watch-namespace.",
  }),
  /** Without slash. */
  annotationsPrefix: flag({
    name: "annotations-prefix",
    group: "Ingress selection",
    type: "name",
    parse: parseName,
    fallback: "nginx.ingress.kubernetes.io",
    doc: "What stands before the slash of annotations.",
  }),
  disableCatchAll: flag({
    name: "disable-catch-all",
    group: "Ingress selection",
    type: "bool",
    parse: parseBoolFlag,
    fallback: "false",
    doc: "Does not serve Ingresses with a default backend, and lets the webhook refuse them.",
  }),
  disableExternalNames: flag({
    name: "disable-svc-external-name",
    group: "Ingress selection",
    type: "bool",
    parse: parseBoolFlag,
    fallback: "false",
    doc: "Does not serve ExternalName Services: their requests are answered 503.",
  }),
  /** `namespace/name`, as the two below. */
  configMap: flag({
    name: "configmap",
    group: "Configuration",
    type: "object",
    parse: parseObject,
    fallback: "",
    doc: "ConfigMap with global settings, read live.",
  }),
  defaultBackendService: flag({
    name: "default-backend-service",
    group: "Configuration",
    type: "object",
    parse: parseObject,
    fallback: "",
    status: { kind: "differs", how: "a missing Service is no reason not to start; the built-in 404 stands in" },
    doc: "Service for requests that no host or path matches; its first port.",
  }),
  defaultSslCertificate: flag({
    name: "default-ssl-certificate",
    group: "Configuration",
    type: "object",
    parse: parseObject,
    fallback: "",
    doc: "Secret with the certificate for hosts that have none; self-signed without it.",
  }),
  kubeconfig: controllerFlag({
    name: "kubeconfig",
    group: "Configuration",
    type: "text",
    parse: parseText,
    fallback: "",
    doc: "File with the address and credentials of the API server.",
  }),
  apiServerHost: controllerFlag({
    name: "apiserver-host",
    group: "Configuration",
    type: "url",
    parse: parseUrl,
    fallback: "",
    doc: "Address of the API server.",
  }),
  /** 0 lets the system choose, as for the other ports. */
  httpPort: flag({
    name: "http-port",
    group: "Listeners",
    type: "port",
    parse: parsePort,
    fallback: "80",
    devFallback: "8080",
    doc: "Port for HTTP; 0 lets the system choose.",
  }),
  httpsPort: flag({
    name: "https-port",
    group: "Listeners",
    type: "port",
    parse: parsePort,
    fallback: "443",
    devFallback: "8443",
    doc: "Port for HTTPS; 0 lets the system choose.",
  }),
  /** Empty for all addresses. */
  bindAddress: flag({
    name: "bind-address",
    group: "Listeners",
    type: "address",
    parse: parseAddress,
    fallback: "",
    devFallback: "127.0.0.1",
    doc: "Address to listen on; all when empty. Not in ingress-nginx.",
  }),
  /** Null: one for each processor that may be used. */
  workerProcesses: flag({
    name: "worker-processes",
    group: "Listeners",
    type: "text",
    parse: parseWorkers,
    fallback: "auto",
    devFallback: "1",
    doc: "Threads that serve requests; auto is one for each processor that the cgroup quota and its memory limit allow. Not in ingress-nginx, which has it in the ConfigMap only.",
  }),
  healthzPort: flag({
    name: "healthz-port",
    group: "Listeners",
    type: "port",
    parse: parsePort,
    fallback: "10254",
    doc: "Port for health checks and metrics; 0 lets the system choose.",
  }),
  /** Empty for all addresses. */
  healthzHost: flag({
    name: "healthz-host",
    group: "Listeners",
    type: "address",
    parse: parseAddress,
    fallback: "",
    devFallback: "127.0.0.1",
    doc: "Address for health checks and metrics; all when empty.",
  }),
  healthCheckPath: flag({
    name: "health-check-path",
    group: "Listeners",
    type: "text",
    parse: parsePath,
    fallback: "/healthz",
    doc: "Path of the health check.",
  }),
  /** After SIGTERM, from the failing health check to the end of accepting. */
  shutdownGraceMs: flag({
    name: "shutdown-grace-period",
    group: "Listeners",
    type: "seconds",
    parse: parseSeconds,
    fallback: "0",
    doc: "Seconds to go on serving after SIGTERM, while the health check already fails.",
  }),
  /** Key `namespace/service` or `namespace/service:port`; fit for `new Map(…)`. */
  endpointOverrides: {
    ...devFlag({
      name: "map",
      group: "Dev proxy",
      type: "mapping",
      parse: parseMapping,
      fallback: "",
      doc: "Sends a Service's traffic to an address, as [NAMESPACE/]SERVICE[:PORT]=[HOST:]PORT; without HOST to this machine. May be given several times.",
    }),
    read: everyOccurrence(parseMapping, groupMappings),
  },
  demo: devFlag({
    name: "demo",
    group: "Dev proxy",
    type: "bool",
    parse: parseBoolFlag,
    fallback: "false",
    doc: "Starts a small echo backend for every Service that has no endpoints.",
  }),
  logLevel: flag({
    name: "v",
    letter: "v",
    group: "Other",
    type: "int",
    parse: parseVerbosity,
    fallback: "0",
    status: { kind: "differs", how: "2 and more log details, there are no further levels" },
    doc: "Verbosity of the log.",
  }),
} as const satisfies FlagTable;

/** Flags that print something in place of running. */
export const SHOW_FLAGS = {
  version: flag({
    name: "version",
    group: "Other",
    type: "bool",
    parse: parseBoolFlag,
    fallback: "false",
    doc: "Prints the version and exits.",
  }),
  help: flag({
    name: "help",
    letter: "h",
    group: "Other",
    type: "bool",
    parse: parseBoolFlag,
    fallback: "false",
    doc: "Prints this text and exits.",
  }),
} as const satisfies FlagTable;

/** 2 and more is klog's level for details; there are no further ones. */
function parseVerbosity(text: string): Result<"info" | "debug"> {
  const level = parseGoInt(text);
  if (!level.ok || level.value < 0) return err("expected a whole number such as 2");
  return ok(level.value >= 2 ? "debug" : "info");
}

function groupMappings(
  mappings: readonly Mapping[],
): readonly (readonly [service: string, endpoints: readonly Endpoint[]])[] {
  const grouped = new Map<string, Endpoint[]>();
  for (const { service, endpoint } of mappings) grouped.set(service, [...(grouped.get(service) ?? []), endpoint]);
  return [...grouped];
}
