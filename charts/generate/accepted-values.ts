import type { ValueEntry } from "./value-entries.ts";

/** A template with the values that are accepted without effect, for NOTES.txt. */
export function acceptedValues(entries: readonly ValueEntry[]): string {
  const listed = entries.flatMap(({ path, fallback, accepted }) =>
    accepted === null ? [] : [{ path: path.split("."), fallback, why: accepted }],
  );
  return `{{- /* Written by \`node charts/generate.ts\` from values.yaml. */ -}}
{{- define "headgate.acceptedValues" -}}
${JSON.stringify(listed, null, 2)}
{{- end -}}
`;
}
