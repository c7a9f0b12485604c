import type { TextRule } from "./parse-fields.ts";

/** RFC 1123 subdomain: names of most objects. */
export const NAME: TextRule = {
  limit: 253,
  // Some API kinds allow upper case and more in names; none of the kinds read here does.
  pattern: /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/,
  expected: "expected a name of lower-case letters, digits, `-` and `.`, starting and ending with a letter or digit",
};

/** RFC 1123 label: names of namespaces. */
export const NAMESPACE: TextRule = {
  limit: 63,
  pattern: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
  expected: "expected a name of lower-case letters, digits and `-`",
};

/** Name of a Service port or container port as an Ingress or Service refers to it. */
export const PORT_NAME: TextRule = {
  limit: 63,
  pattern: /^[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?$/,
  expected: "expected the name of a port",
};
