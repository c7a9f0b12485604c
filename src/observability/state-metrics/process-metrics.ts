import { known, labelled, metric, one, own, runtime, type MetricEntry } from "./metric-entry.ts";

/** `main` is the control plane; the others are workers, by number. */
const THREAD = ["thread"];

/** ingress-nginx's metrics of nginx's processes, for our one process, and those that every process has. */
export const PROCESS_METRICS: readonly MetricEntry[] = [
  labelled(
    ["state"],
    metric(
      "gauge",
      "nginx_process_connections",
      "Client connections: active ones, of these the ones with a request under way, the others",
      ({ workers }) => [
        [["active"], workers.openConnections],
        [["reading"], 0],
        [["writing"], Math.min(workers.running, workers.openConnections)],
        [["waiting"], Math.max(0, workers.openConnections - workers.running)],
      ],
    ),
  ),
  labelled(
    ["state"],
    metric("counter", "nginx_process_connections_total", "Client connections accepted so far", ({ workers }) => [
      [["accepted"], workers.acceptedConnections],
      [["handled"], workers.acceptedConnections],
    ]),
  ),
  metric(
    "counter",
    "nginx_process_requests_total",
    "Requests finished so far, those of unknown hosts included",
    ({ finished }) => one(finished),
  ),
  metric("gauge", "nginx_process_num_procs", "Worker threads", ({ workers }) => one(workers.count)),
  metric("counter", "nginx_process_cpu_seconds_total", "CPU time of the process", (readings) =>
    one(readings.process.cpuSeconds),
  ),
  metric("gauge", "nginx_process_resident_memory_bytes", "Resident memory", (readings) =>
    one(readings.process.residentBytes),
  ),
  metric("gauge", "nginx_process_virtual_memory_bytes", "Virtual memory", (readings) =>
    known(readings.process.virtualBytes),
  ),
  metric(
    "gauge",
    "nginx_process_oldest_start_time_seconds",
    "Start of the process, in seconds since the epoch",
    (readings) => one(readings.process.startedAtSeconds),
  ),
  metric("counter", "nginx_process_read_bytes_total", "Bytes read", (readings) => known(readings.process.readBytes)),
  metric("counter", "nginx_process_write_bytes_total", "Bytes written", (readings) =>
    known(readings.process.writtenBytes),
  ),
  // prom-client's begins when the library is loaded.
  own("counter", "process_cpu_seconds_total", "CPU time of the process", (readings) =>
    one(readings.process.cpuSeconds),
  ),
  runtime("gauge", "process_start_time_seconds", "Start of the process, in seconds since the epoch"),
  runtime("gauge", "process_resident_memory_bytes", "Resident memory"),
  runtime("gauge", "process_virtual_memory_bytes", "Virtual memory"),
  runtime("gauge", "process_heap_bytes", "Private writable memory of the process, touched or not"),
  runtime("gauge", "process_open_fds", "Open files and sockets"),
  runtime("gauge", "process_max_fds", "How many files and sockets may be open"),
  labelled(THREAD, runtime("gauge", "nodejs_heap_size_total_bytes", "Heap of a thread, with what is free in it")),
  labelled(THREAD, runtime("gauge", "nodejs_heap_size_used_bytes", "Objects in the heap of a thread")),
  labelled(THREAD, runtime("gauge", "nodejs_external_memory_bytes", "Memory outside the heap that its objects hold")),
  labelled(
    [...THREAD, "kind"],
    runtime("histogram", "nodejs_gc_duration_seconds", "Garbage collections of a thread by kind: how long each took"),
  ),
  labelled(
    ["version", "major", "minor", "patch"],
    runtime("gauge", "nodejs_version_info", "Always 1; the labels tell the version of Node"),
  ),
];
