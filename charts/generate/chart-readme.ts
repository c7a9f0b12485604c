import type { ValueEntry } from "./value-entries.ts";

const INTRO = `<!-- Written by \`node charts/generate.ts\` from values.yaml. Change the comments there, not this page. -->

# The Headgate chart

Installs [Headgate](../../README.md), the drop-in successor of ingress-nginx, with the values of ingress-nginx's chart 4.15: an
existing values file can be used as it is. What cannot be honoured is accepted and named after the installation.

\`\`\`sh
helm install headgate charts/headgate --namespace headgate --create-namespace
helm install headgate charts/headgate --namespace headgate --create-namespace --values charts/headgate/values-hostnetwork.yaml
\`\`\`

[docs/install.md](../../docs/install.md) has the ways of installing it, [docs/migrate.md](../../docs/migrate.md) how to take the
place of ingress-nginx.

## Values
`;

/** The chart's `README.md`: every value with type, default and description. */
export function chartReadme(entries: readonly ValueEntry[]): string {
  const rows = entries
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map((entry) => `| \`${entry.path}\` | ${entry.types.join(", ")} | ${fallbackText(entry)} | ${docText(entry)} |`);
  return `${INTRO}\n| Value | Type | Default | What it is |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

function fallbackText({ fallback }: ValueEntry): string {
  return `\`${JSON.stringify(fallback)}\``;
}

function docText({ doc, accepted }: ValueEntry): string {
  const text = accepted === null ? doc : `${doc} **Accepted without effect**: ${accepted}.`;
  return text.replaceAll("|", "\\|");
}
