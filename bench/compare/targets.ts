import type { Row, Summary } from "./summary.ts";

/** What Headgate has set itself: a figure that must be reached, and one that it aims at. */
export interface Target {
  readonly title: string;
  readonly must: number;
  readonly aim: number;
  /** The figure measured; NaN where it was not. */
  readonly measured: number;
  readonly unit: "×" | "µs" | "KB";
}

/** The targets with what was measured. */
export function targetsOf(summary: Summary): readonly Target[] {
  const row = (id: string, rival = "headgate"): Row | undefined =>
    summary.scenarios.find(({ scenario }) => scenario.id === id)?.rows.find((each) => each.rival === rival);
  const ratio = (title: string, id: string, must: number, aim: number): Target => ({
    title: `${title}, CPU against nginx`,
    must,
    aim,
    measured: row(id)?.ratio ?? Number.NaN,
    unit: "×",
  });
  const against = (rival: string, must: number): Target => ({
    title: `small GET, CPU against ${rival}`,
    must,
    aim: must,
    measured: (row("small-get")?.ratio ?? Number.NaN) / (row("small-get", rival)?.ratio ?? Number.NaN),
    unit: "×",
  });
  const nginxLog = row("access-log", "nginx")?.added ?? Number.NaN;
  const memory = summary.memory.find(({ rival }) => rival === "headgate");
  return [
    ratio("small GET, keep-alive", "small-get", 1.3, 1),
    {
      title: "10,000 hosts against 1 host",
      must: 1.03,
      aim: 1,
      measured: row("hosts-10000")?.addedRatio ?? Number.NaN,
      unit: "×",
    },
    {
      title: "access log, added CPU",
      must: 2.5,
      aim: Number.isNaN(nginxLog) ? 2.5 : nginxLog,
      measured: row("access-log")?.added ?? Number.NaN,
      unit: "µs",
    },
    ratio("TLS keep-alive", "tls", 1.4, 1.1),
    ratio("new TLS connection per request", "tls-new", 1.45, 1.15),
    ratio("HTTP/2 over TLS", "http2", 2.5, 1.5),
    ratio("1 MB response", "1m", 1.3, 1),
    {
      title: "p99 latency at half of nginx's maximum rate, against nginx",
      must: 1.5,
      aim: 1,
      measured: row("latency")?.p99Ratio ?? Number.NaN,
      unit: "×",
    },
    against("caddy", 0.35),
    against("http-proxy", 0.45),
    against("http-proxy-3", 0.45),
    kilobytes("memory per idle connection", 8, memory?.idleKb),
    kilobytes("memory per idle TLS connection", 45, memory?.idleTlsKb),
    kilobytes("memory per slow reader", 64, memory?.slowReaderKb),
  ];
}

function kilobytes(title: string, must: number, measured: number | null | undefined): Target {
  return { title, must, aim: must, measured: measured ?? Number.NaN, unit: "KB" };
}

/** In words: how the measured figure stands to the target. */
export function verdictOf({ must, aim, measured }: Target): "not measured" | "aim reached" | "reached" | "missed" {
  if (Number.isNaN(measured)) return "not measured";
  if (measured > must) return "missed";
  return measured <= aim ? "aim reached" : "reached";
}
