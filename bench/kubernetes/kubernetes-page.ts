import { digits, markdownTable } from "../support/markdown.ts";
import { machineFacts } from "../support/machine.ts";
import { quantile } from "../support/statistics.ts";
import type { KubernetesFigures, KubernetesOptions, MeasuredKind, MeasuredMoment } from "./measure-kubernetes.ts";

/** `bench/kubernetes.md`. */
export function kubernetesPage(figures: readonly KubernetesFigures[], { count, changes }: KubernetesOptions): string {
  const { revision, machine } = machineFacts();
  const parts = [
    "<!-- Written by `npm run bench:kubernetes`. -->",
    "# Scale on a real control plane",
    `${new Date().toISOString().slice(0, 10)}, revision ${revision}, ${machine}, shared by etcd, kube-apiserver, kube-controller-manager, backend, prober and Headgate. The bundle of the image with its environment and its flags of Node. ${count} Ingresses, Services and EndpointSlices of two endpoints. How: [README.md](README.md).`,
    markdownTable(
      ["figure", "target", ...figures.map(({ workers }) => (workers === 1 ? "1 worker" : `${workers} workers`))],
      [
        row("start of the process to ready", "≤ 5 s", figures, ({ readyAfterMs }) => seconds(readyAfterMs)),
        row("from ready to the last status", "≤ 20 s", figures, ({ statusesAfterMs }) => seconds(statusesAfterMs)),
        ...memoryRows("statuses", figures),
        ...liveRows("Ingress", figures),
        ...liveRows("EndpointSlice", figures),
        ...memoryRows("changes", figures),
      ],
    ),
    `Live: from just before the PATCH is sent to the last of 8 connections that saw it, ${changes} changes of each kind, one by one; it holds the API server's own time and that of looking, with eight requests at a time on the same cores.`,
  ];
  return `${parts.join("\n\n")}\n`;
}

type Read = (figures: KubernetesFigures) => string;

function row(name: string, target: string, figures: readonly KubernetesFigures[], read: Read): readonly string[] {
  return [name, target, ...figures.map(read)];
}

function liveRows(kind: MeasuredKind, figures: readonly KubernetesFigures[]): readonly (readonly string[])[] {
  const at =
    (share: number): Read =>
    ({ liveAfterMs }) =>
      `${digits(quantile(liveAfterMs[kind], share), 1)} ms`;
  return [
    row(`${kind}, patch to live, p50`, "≤ 15 ms", figures, at(0.5)),
    row(`${kind}, patch to live, p99`, "≤ 60 ms", figures, at(0.99)),
  ];
}

function memoryRows(moment: MeasuredMoment, figures: readonly KubernetesFigures[]): readonly (readonly string[])[] {
  return [
    row(`resident memory after the ${moment}`, "≤ 450 MB", figures, ({ memory }) =>
      megabytes(memory[moment].residentKb),
    ),
    row("of it anonymous", "", figures, ({ memory }) => megabytes(memory[moment].anonymousKb)),
  ];
}

function seconds(ms: number | null): string {
  return ms === null ? "not within 120 s" : `${digits(ms / 1000, 2)} s`;
}

function megabytes(kb: number): string {
  return `${digits(kb / 1024, 0)} MB`;
}
