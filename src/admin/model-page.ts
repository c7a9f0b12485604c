import { isSecret } from "../lib/secret.ts";
import type { ModelDelta } from "../model/model.ts";

const SINGLES = ["settings", "defaultCertificate"] as const;
const TABLES = ["upstreams", "endpoints", "certificates", "virtualHosts"] as const;

/**
 * The model as one JSON object, a table after the other, in the pieces it comes in. Of secrets nothing is printed, of certificates what
 * is known about them in place of their text. The pieces must come table by table.
 */
export function* printModel(pieces: Iterable<ModelDelta>): Generator<string> {
  let table: (typeof TABLES)[number] | null = null;
  let isFirst = true;
  const member = (name: string): string => `${isFirst ? "" : ","}\n${JSON.stringify(name)}:`;
  yield "{";
  for (const piece of pieces) {
    let text = "";
    for (const name of SINGLES.filter((single) => piece[single] !== undefined)) {
      text += `${member(name)} ${redacted(piece[name])}`;
      isFirst = false;
    }
    for (const name of TABLES.filter((one) => piece[one].size > 0)) {
      text += name === table ? "," : `${table === null ? "" : "\n}"}${member(name)} {`;
      text += [...piece[name]].map(([id, shard]) => `\n${JSON.stringify(id)}: ${redacted(shard)}`).join(",");
      table = name;
      isFirst = false;
    }
    if (text !== "") yield text;
  }
  yield `${table === null ? "" : "\n}"}\n}\n`;
}

function redacted(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (isSecret(part)) return "(secret)";
    return key === "certPem" ? undefined : part;
  });
}
