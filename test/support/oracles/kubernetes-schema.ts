import * as client from "@kubernetes/client-node";

/** Fields of objects that Kubernetes itself does not know, as far as our chart uses them: what their CRDs have. */
const CUSTOM: Readonly<Record<string, readonly string[]>> = {
  ScaledObject: [
    "scaleTargetRef",
    "pollingInterval",
    "cooldownPeriod",
    "minReplicaCount",
    "maxReplicaCount",
    "fallback",
    "triggers",
    "advanced",
  ],
  ServiceMonitor: [
    "namespaceSelector",
    "selector",
    "endpoints",
    "jobLabel",
    "targetLabels",
    "labelLimit",
    "labelNameLengthLimit",
    "labelValueLengthLimit",
    "sampleLimit",
    "targetLimit",
  ],
  PrometheusRule: ["groups"],
  Issuer: ["selfSigned", "ca"],
  Certificate: [
    "secretName",
    "duration",
    "issuerRef",
    "commonName",
    "isCA",
    "subject",
    "dnsNames",
    "revisionHistoryLimit",
  ],
};

const KNOWN_VERSIONS: Readonly<Record<string, string>> = {
  HorizontalPodAutoscaler: "V2HorizontalPodAutoscaler",
};

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

/** What a Kubernetes API server of today would refuse or warn about in an object: unknown fields and wrong types, with paths. */
export function schemaProblems(object: Readonly<Record<string, unknown>>): readonly string[] {
  const kind = String(object["kind"]);
  const custom = CUSTOM[kind];
  if (custom !== undefined) return customProblems(object, custom);
  return modelProblems(object, KNOWN_VERSIONS[kind] ?? `V1${kind}`, kind);
}

function customProblems(object: Readonly<Record<string, unknown>>, fields: readonly string[]): readonly string[] {
  const spec = (object["spec"] ?? {}) as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(spec).filter((field) => !fields.includes(field));
  return [
    ...unknown.map((field) => `${String(object["kind"])}.spec.${field} is unknown`),
    ...modelProblems(object["metadata"], "V1ObjectMeta", "metadata"),
  ];
}

function attributesOf(model: string): readonly Attribute[] | null {
  const found: unknown = (client as unknown as Readonly<Record<string, unknown>>)[model];
  if (typeof found !== "function" || !("getAttributeTypeMap" in found)) return null;
  return (found as unknown as { getAttributeTypeMap(): readonly Attribute[] }).getAttributeTypeMap();
}

function modelProblems(value: unknown, model: string, path: string): readonly string[] {
  const attributes = attributesOf(model);
  if (attributes === null) return [`${path}: there is no model ${model}`];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path} is no object`];
  return Object.entries(value).flatMap(([field, inner]: [string, unknown]) => {
    const attribute = attributes.find(({ baseName }) => baseName === field);
    if (attribute === undefined) return [`${path}.${field} is unknown`];
    return inner === null ? [] : typeProblems(inner, attribute.type, `${path}.${field}`);
  });
}

const LIST = /^(?:Array|Set)<(.+)>$/;
const MAP = /^\{ \[key: string\]: (.+); \}$/;

function typeProblems(value: unknown, type: string, path: string): readonly string[] {
  const item = LIST.exec(type)?.[1];
  if (item !== undefined) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((entry: unknown, index) => typeProblems(entry, item, `${path}[${index}]`));
  }
  const entry = MAP.exec(type)?.[1];
  if (entry !== undefined) {
    if (typeof value !== "object" || value === null) return [`${path} is no map`];
    return Object.entries(value).flatMap(([key, inner]) => typeProblems(inner, entry, `${path}.${key}`));
  }
  switch (type) {
    case "string":
    case "number":
    case "boolean":
      return typeof value === type ? [] : [`${path} is ${JSON.stringify(value)}, not a ${type}`];
    case "IntOrString":
      return typeof value === "string" || Number.isInteger(value) ? [] : [`${path} is no number or text`];
    case "any":
    case "Date":
      return [];
    default:
      return modelProblems(value, type, path);
  }
}
