import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ANNOTATIONS, CONFIG_KEYS } from "../src/annotations/annotations.ts";
import { FLAGS } from "../src/config/config.ts";
import type { SupportStatus } from "../src/lib/support-status.ts";
import { LOG_FAMILIES, LOG_VARIABLES } from "../src/model/log-format.ts";
import { REASONS } from "../src/model/reasons.ts";
import { METRICS_INTRO, metricRows } from "./metrics-page.ts";

/** The reference pages, made from the tables that the code runs on: `node docs/generate.ts` writes them, a test compares them. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ["access-log.md", accessLogPage()],
    ["annotations.md", annotationsPage()],
    ["configmap.md", configMapPage()],
    ["metrics.md", metricsPage()],
    ["reasons.md", reasonsPage()],
    ["flags.md", flagsPage()],
    ["../charts/headgate/templates/_program-settings.tpl", chartTemplate()],
  ]);
}

const NOTE = "<!-- Written by `node docs/generate.ts`. Change the tables in the code, not this page. -->";

const LEGEND = [
  "- **works**: as in ingress-nginx.",
  "- **differs**: works, with the difference that is told.",
  "- **accepted**: read and named in a warning; there is nothing for it to do here.",
  "- **not yet**: named in a warning, without effect so far.",
  "- **refused**: named in an error, for good.",
].join("\n");

function annotationsPage(): string {
  const intro = [
    NOTE,
    "# Annotations",
    "Every annotation of ingress-nginx 1.15, under the prefix `nginx.ingress.kubernetes.io/` or the one of `--annotations-prefix`.",
    LEGEND,
    "**closes** marks what protects something: where its value is wrong, or where it is not supported, every route of the Ingress answers 503. All other wrong values cost their default. Each is named by a problem on the Ingress, and so is every key that is not on this page; unknown keys that look like access control close the routes too.",
  ];
  const sections = [...Map.groupBy(ANNOTATIONS, ({ group }) => group)].map(([group, entries]) =>
    section(
      group,
      ["Annotation", "Value", "Default", "Status", "What it does"],
      entries.map((entry) => [
        [entry.name, ...entry.aliases].map(code).join(", "),
        entry.value,
        entry.fallback,
        formatStatus(entry.status) + (entry.protects === "nothing" ? "" : ", closes"),
        entry.doc,
      ]),
    ),
  );
  return page([...intro, ...sections]);
}

function configMapPage(): string {
  const intro = [
    NOTE,
    "# ConfigMap",
    "Every key of the ConfigMap that `--configmap` names. Changes apply live. A value that cannot be decoded costs the default of its own key and is named by a problem, as is every key without effect.",
    LEGEND,
    "**closes** marks global access control: while such a key is set and cannot be honoured, every route answers 503.",
  ];
  const sections = [...Map.groupBy(CONFIG_KEYS, ({ group }) => group)].map(([group, keys]) =>
    section(
      group,
      ["Key", "Type", "Default", "Status", "What it does"],
      keys.map((key) => [
        code(key.name),
        key.type,
        code(key.fallback),
        formatStatus(key.status) + (key.protects && key.apply === null ? ", closes" : ""),
        key.doc,
      ]),
    ),
  );
  return page([...intro, ...sections]);
}

function flagsPage(): string {
  const intro = [
    NOTE,
    "# Flags",
    "Flags of `headgate controller` and `headgate dev`. Flags carry ingress-nginx's names where it has them. The controller takes unknown flags with a warning, the dev proxy does not.",
    LEGEND,
  ];
  const sections = [...Map.groupBy(FLAGS, ({ group }) => group)].map(([group, flags]) =>
    section(
      group,
      ["Flag", "Commands", "Default", "Status", "What it does"],
      flags.map((flag) => [
        code(`--${flag.name}`),
        flag.commands.join(", "),
        code(flag.fallback) + (flag.devFallback === null ? "" : `, dev ${code(flag.devFallback)}`),
        formatStatus(flag.status),
        flag.doc,
      ]),
    ),
  );
  return page([...intro, ...sections]);
}

/** Flags and keys without effect, for the chart's notes after an installation. */
function chartTemplate(): string {
  const flags = FLAGS.filter(({ commands }) => commands.includes("controller"));
  const listed = {
    flags: withoutEffect(flags),
    config: withoutEffect(CONFIG_KEYS),
    names: { flags: flags.map(({ name }) => name), config: CONFIG_KEYS.map(({ name }) => name) },
    outages: Object.fromEntries(
      CONFIG_KEYS.flatMap(({ name, fallback, outage }) => (outage === null ? [] : [[name, { fallback, why: outage }]])),
    ),
  };
  return `{{- /* Written by \`node docs/generate.ts\` from the program's tables. */ -}}
{{- define "headgate.programSettings" -}}
${JSON.stringify(listed, null, 2)}
{{- end -}}
`;
}

interface Listed {
  readonly name: string;
  readonly status: SupportStatus;
}

function withoutEffect(entries: readonly Listed[]): Readonly<Record<string, string>> {
  const rows = entries.flatMap(({ name, status }): [string, string][] => {
    if (status.kind === "not-yet") return [[name, "not supported yet"]];
    return status.kind === "accepted" || status.kind === "refused" ? [[name, status.why]] : [];
  });
  return Object.fromEntries(rows);
}

function metricsPage(): string {
  const head = ["Metric", "Type", "Labels", "What it is"];
  const { requests, ingressNginx, own } = metricRows();
  return page([
    NOTE,
    ...METRICS_INTRO,
    section("Requests", head, requests),
    section("Controller and process, under ingress-nginx's names", head, ingressNginx),
    section("Only here", head, own),
  ]);
}

function reasonsPage(): string {
  return page([
    NOTE,
    "# Reasons",
    "Every answer that the proxy itself gives, and every connection that it turns away, has one line in the error log, which is on standard error with the rest of the program's log: the reason in words (`msg`), its `code`, the `client`, the `listener`, and as far as they are known the `host`, the `request` without its query, the `route` (`namespace/ingress`), the `upstream`, the `endpoint` that was asked last with the system's `errno`, and the `requestId`, which is also in the access log. Queries, header fields and bodies are never in it.",
    "Each worker writes at most 10 lines of one code and 50 lines in all a second; how many more there were is told once a second, by code. `error-log-level` of [the ConfigMap](configmap.md) leaves lines below a level out. `headgate dev` has the reason in the line of the request, and on the page.",
    "The code is also `$headgate_reason` of [the access log](access-log.md), and the label `code` of `headgate_proxy_errors_total`.",
    section(
      "Codes",
      ["Code", "Level", "What happened", "What to do"],
      Object.entries(REASONS).map(([name, { level, means, advice }]) => [code(name), level, means, advice]),
    ),
  ]);
}

function accessLogPage(): string {
  const rows = (entries: object, suffix: string): readonly (readonly string[])[] =>
    Object.entries(entries).map(([name, doc]) => [code(`$${name}${suffix}`), String(doc)]);
  return page([
    NOTE,
    "# Access log",
    "One line a request, in ingress-nginx's default format or the one of `log-format-upstream`. The keys are in the section Logs of [the ConfigMap](configmap.md). A format is made into a function when it changes, never while requests run.",
    [
      '- Default escaping: `"`, `\\`, control characters and bytes above 0x7E become `\\xXX`; what is unset is `-`.',
      "- `log-format-escape-json`: values are escaped for JSON strings, bytes above 0x7E as `\\u00XX`; what is unset is empty.",
      "- `log-format-escape-none`: only control characters are escaped; what is unset is empty.",
    ].join("\n"),
    "Values of requests that were tried several times are listed as `a, b`. Times are those of the end of the request. Health checks are never logged, requests of the default backend only with `enable-access-log-for-default-backend`. Status 499: the client went away before the answer.",
    section("Variables", ["Variable", "Value"], rows(LOG_VARIABLES, "")),
    section("Families", ["Variable", "Value"], rows(LOG_FAMILIES, "NAME")),
  ]);
}

function formatStatus(status: SupportStatus): string {
  switch (status.kind) {
    case "works":
      return "works";
    case "not-yet":
      return "not yet";
    case "differs":
      return `differs: ${status.how}`;
    case "accepted":
    case "refused":
      return `${status.kind}: ${status.why}`;
    default:
      return status satisfies never;
  }
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - cell.length)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  const [header = [], ...body] = cells;
  return [`## ${title}`, "", line(header), line(rule), ...body.map(line)].join("\n");
}

function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

function page(blocks: readonly string[]): string {
  return `${blocks.join("\n\n")}\n`;
}

if (import.meta.main) {
  for (const [name, text] of referencePages()) writeFileSync(fileURLToPath(new URL(name, import.meta.url)), text);
}
