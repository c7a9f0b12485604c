import type { ValueEntry } from "./value-entries.ts";

interface ObjectSchema {
  readonly type: readonly string[];
  readonly properties: Record<string, unknown>;
  readonly patternProperties?: Readonly<Record<string, unknown>>;
  readonly additionalProperties: false;
}

/**
 * `values.schema.json`: closed where keys are the chart's, so that typing errors are found, open where they are the user's. Lenient
 * where templates are: numbers may be text, null takes a default away.
 */
export function valuesSchema(entries: readonly ValueEntry[]): string {
  const root = {
    ...closedObject(),
    // Anchors of the user's, and what a parent chart hands down.
    patternProperties: { "^x-": {} },
  };
  root.properties["enabled"] = { type: ["boolean", "null"] };
  for (const entry of entries) place(root, entry);
  openGlobals(root);
  return `${JSON.stringify({ $schema: "http://json-schema.org/draft-07/schema#", ...root }, null, 2)}\n`;
}

function closedObject(): ObjectSchema {
  return { type: ["object", "null"], properties: {}, additionalProperties: false };
}

function place(root: ObjectSchema, entry: ValueEntry): void {
  const parts = entry.path.split(".");
  const last = parts.pop() ?? "";
  let at = root;
  for (const part of parts) {
    at.properties[part] ??= closedObject();
    at = at.properties[part] as ObjectSchema;
  }
  at.properties[last] = leafSchema(entry);
}

/** A parent chart may hand down any global. */
function openGlobals(root: ObjectSchema): void {
  const globals = root.properties["global"] as ObjectSchema;
  root.properties["global"] = { ...globals, additionalProperties: true };
}

const LENIENT: Readonly<Record<string, unknown>> = {
  // Any other text is true for templates, also "false".
  boolean: { enum: [true, false, null, "true"] },
  integer: { type: ["integer", "null", "string"], pattern: "^[0-9]+$" },
  object: { type: ["object", "null"] },
  array: { type: ["array", "null"] },
};

function leafSchema({ types, doc }: ValueEntry): unknown {
  const [only = "", ...more] = types;
  const lenient = more.length === 0 ? LENIENT[only] : undefined;
  return { description: doc, ...(lenient ?? { type: [...new Set([...types, "null"])] }) };
}
