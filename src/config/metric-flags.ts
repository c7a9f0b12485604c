import { honouredFlag, type FlagEntry } from "./flag-entry.ts";

const group = "Metrics";

/** What the per-request metrics look like. */
export const METRIC_FLAGS: readonly FlagEntry[] = [
  honouredFlag({
    name: "metrics-per-host",
    group,
    type: "bool",
    fallback: "true",
    doc: "Labels the metrics of requests with the host of the rule.",
  }),
  honouredFlag({
    name: "metrics-per-undefined-host",
    group,
    type: "bool",
    fallback: "false",
    status: { kind: "differs", how: "beyond 500 such hosts a worker counts further ones as `_`" },
    doc: "Also counts requests for hosts that no Ingress has; needs --metrics-per-host.",
  }),
  honouredFlag({
    name: "report-status-classes",
    group,
    type: "bool",
    fallback: "false",
    doc: "Labels with 2xx in place of 200.",
  }),
  honouredFlag({
    name: "exclude-socket-metrics",
    group,
    type: "text",
    fallback: "",
    doc: "Metrics of requests to leave out, between commas; with or without the prefix nginx_ingress_controller_.",
  }),
  honouredFlag({
    name: "time-buckets",
    group,
    type: "text",
    fallback: "0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10",
    doc: "Upper bounds of the durations, in seconds.",
  }),
  honouredFlag({
    name: "length-buckets",
    group,
    type: "text",
    fallback: "10,20,30,40,50,60,70,80,90,100",
    doc: "Upper bounds of request_size and response_size, in bytes.",
  }),
  honouredFlag({
    name: "size-buckets",
    group,
    type: "text",
    fallback: "10,100,1000,10000,100000,1e+06,1e+07",
    doc: "Upper bounds of bytes_sent, in bytes.",
  }),
];
