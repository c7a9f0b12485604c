import { sealSecret, type Secret as Sealed } from "../lib/secret.ts";
import type { ConfigMap, ObjectMeta, Secret } from "./objects.ts";
import { type Fields, fieldPath, isRecord, rawField, reportError, textField, textMapField } from "./parse-fields.ts";

/** Standard alphabet with padding. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Values are sealed here, at the border, and never appear in an error. `stringData`, which only files have, wins over `data`. */
export function parseSecret(object: Fields, meta: ObjectMeta): Secret | null {
  const type = textField(object, "type");
  if (type === undefined) return null;
  const data = new Map<string, Sealed>();
  for (const [key, text] of secretTexts(object, "data")) {
    if (isBase64(text.value)) data.set(key, sealSecret(Buffer.from(text.value, "base64").toString("utf8")));
    else reportError(object.log, text.path, "", "expected base64 (use stringData for plain text)");
  }
  for (const [key, text] of secretTexts(object, "stringData")) data.set(key, sealSecret(text.value));
  return { kind: "Secret", meta, type: type ?? "Opaque", data };
}

interface SecretText {
  readonly path: string;
  readonly value: string;
}

/** Not `textMapField`: that one would quote a wrong value. */
function secretTexts(object: Fields, name: string): ReadonlyMap<string, SecretText> {
  const texts = new Map<string, SecretText>();
  const values = rawField(object, name);
  if (values === null) return texts;
  if (!isRecord(values)) {
    reportError(object.log, name, "", "expected an object");
    return texts;
  }
  const fields: Fields = { path: name, values, log: object.log };
  for (const [key, value] of Object.entries(values)) {
    const path = fieldPath(fields, key);
    if (typeof value === "string") texts.set(key, { path, value });
    else if (value !== null) reportError(object.log, path, "", "expected a string: put the value in quotes");
    // An empty value as `kubectl create` writes it.
    else texts.set(key, { path, value: "" });
  }
  return texts;
}

/** Line breaks may stand anywhere, as for Go's decoder. */
function isBase64(text: string): boolean {
  const oneLine = text.includes("\n") || text.includes("\r") ? text.replace(/[\r\n]/g, "") : text;
  return oneLine.length % 4 === 0 && BASE64.test(oneLine);
}

/** Entries that are not strings are dropped. `binaryData` is not read. */
export function parseConfigMap(object: Fields, meta: ObjectMeta): ConfigMap | null {
  const data = textMapField(object, "data");
  return data === undefined ? null : { kind: "ConfigMap", meta, data: data ?? new Map() };
}
