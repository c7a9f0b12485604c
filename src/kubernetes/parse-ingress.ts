import type {
  Ingress,
  IngressBackend,
  IngressClass,
  IngressPath,
  IngressRule,
  IngressSpec,
  IngressTls,
  ObjectMeta,
  ServicePortRef,
} from "./objects.ts";
import { parseLoadBalancer } from "./parse-load-balancer.ts";
import { NAME, NAMESPACE, PORT_NAME } from "./parse-names.ts";
import {
  type Field,
  type Fields,
  fieldPath,
  type Item,
  itemObject,
  itemText,
  listField,
  objectField,
  portField,
  rawField,
  reportError,
  textField,
  warnUnknownFields,
  wordField,
} from "./parse-fields.ts";

const HOST = { limit: 255 };
const PATH = { limit: 8192 };
const PATH_TYPES = ["Exact", "Prefix", "ImplementationSpecific"] as const;

const SPEC_FIELDS = new Set(["ingressClassName", "defaultBackend", "tls", "rules"]);
const TLS_FIELDS = new Set(["hosts", "secretName"]);
const RULE_FIELDS = new Set(["host", "http"]);
const HTTP_FIELDS = new Set(["paths"]);
const PATH_FIELDS = new Set(["path", "pathType", "backend"]);
const BACKEND_FIELDS = new Set(["service", "resource"]);
const SERVICE_FIELDS = new Set(["name", "port"]);
const PORT_FIELDS = new Set(["name", "number"]);

/**
 * A path, backend or TLS entry that cannot be read stays as one that is unreadable: what it may have guarded must not be served as if it
 * were not there. A rule is dropped alone whose host cannot be read, since no request can name it. What would change the meaning of all
 * the rest (the class, or a list that is not a list) refuses the object.
 */
export function parseIngress(object: Fields, meta: ObjectMeta): Ingress | null {
  const fields = objectField(object, "spec");
  if (fields === null) reportError(object.log, "spec", "", "expected an object with rules or a defaultBackend");
  if (fields === null || fields === undefined) return null;
  const spec = parseSpec(fields);
  return spec === null ? null : { kind: "Ingress", meta, spec, status: parseLoadBalancer(object) };
}

function parseSpec(fields: Fields): IngressSpec | null {
  warnUnknownFields(fields, SPEC_FIELDS);
  const ingressClassName = textField(fields, "ingressClassName", NAME);
  // Without its TLS section the same host would be served in plain text: no guess is made.
  const tlsUnreadable = !isListOrAbsent(fields, "tls");
  const rules = listField(fields, "rules", parseRule);
  const tls = listField(fields, "tls", parseTls);
  const defaultBackend = backendField(fields, "defaultBackend");
  if (ingressClassName === undefined || tlsUnreadable || becomesCatchAll(fields, rules)) return null;
  return { ingressClassName, defaultBackend: defaultBackend === undefined ? UNREADABLE : defaultBackend, tls, rules };
}

/** With every rule dropped, a defaultBackend meant for the rules' hosts would serve every host there is. */
function becomesCatchAll(fields: Fields, rules: readonly IngressRule[]): boolean {
  const written = rawField(fields, "rules");
  return rules.length === 0 && written !== null && !(Array.isArray(written) && written.length === 0);
}

function isListOrAbsent(fields: Fields, name: string): boolean {
  const value = rawField(fields, name);
  return value === null || Array.isArray(value);
}

const UNREADABLE: IngressBackend = { kind: "unreadable" };

function parseTls(item: Item): IngressTls {
  const fields = itemObject(item);
  // The Ingress still has a TLS section, and its hosts redirects to https.
  if (fields === null) return { position: item.position, hosts: [], secretName: "" };
  warnUnknownFields(fields, TLS_FIELDS);
  const hosts = listField(fields, "hosts", (host) => itemText(host, HOST));
  // An unreadable secret name still leaves the hosts on TLS, with the default certificate.
  return { position: item.position, hosts, secretName: textField(fields, "secretName", NAME) ?? "" };
}

function parseRule(item: Item): IngressRule | null {
  const fields = itemObject(item);
  if (fields === null) return null;
  warnUnknownFields(fields, RULE_FIELDS);
  const host = textField(fields, "host", HOST);
  const http = objectField(fields, "http");
  if (host === undefined) return null;
  const rule = { position: item.position, host: host ?? "" };
  if (http === null) return { ...rule, paths: null };
  if (http === undefined) return { ...rule, paths: [unreadablePath(0)] };
  warnUnknownFields(http, HTTP_FIELDS);
  const paths = listField(http, "paths", parsePath);
  return { ...rule, paths: isListOrAbsent(http, "paths") ? paths : [unreadablePath(0)] };
}

/** Nobody knows which path it would be. */
function unreadablePath(position: number): IngressPath {
  return { position, path: "", pathType: null, backend: UNREADABLE, unreadable: "path" };
}

function parsePath(item: Item): IngressPath {
  const fields = itemObject(item);
  if (fields === null) return unreadablePath(item.position);
  warnUnknownFields(fields, PATH_FIELDS);
  const path = textField(fields, "path", PATH);
  const pathType = wordField(fields, "pathType", PATH_TYPES);
  const backend = backendField(fields, "backend");
  if (backend === null) reportError(fields.log, fieldPath(fields, "backend"), "", "expected a backend with a service");
  const read = {
    position: item.position,
    path: path ?? "",
    pathType: pathType ?? null,
    backend: backend ?? UNREADABLE,
  };
  if (path === undefined) return { ...read, ...writtenPath(fields) };
  return pathType === undefined ? { ...read, unreadable: "pathType" } : read;
}

/** The text of a path that is no good as a path: it still says which requests it may have been for. */
function writtenPath(fields: Fields): Pick<IngressPath, "path" | "unreadable"> {
  const value = rawField(fields, "path");
  return typeof value === "string" && value.length <= PATH.limit ? { path: value } : { path: "", unreadable: "path" };
}

function backendField(parent: Fields, name: string): Field<IngressBackend> {
  const fields = objectField(parent, name);
  if (fields === null || fields === undefined) return fields;
  warnUnknownFields(fields, BACKEND_FIELDS);
  const service = objectField(fields, "service");
  const resource = objectField(fields, "resource");
  if (service === undefined || resource === undefined) return undefined;
  if (service !== null && resource === null) return parseServiceBackend(service);
  if (service === null && resource !== null) return parseResourceBackend(resource);
  reportError(fields.log, fields.path, "", "expected exactly one of service and resource");
  return undefined;
}

function parseServiceBackend(fields: Fields): IngressBackend | undefined {
  warnUnknownFields(fields, SERVICE_FIELDS);
  const name = textField(fields, "name", NAME);
  const port = parsePortRef(fields);
  if (name === null) reportError(fields.log, fieldPath(fields, "name"), "", "expected the name of a Service");
  if (name === null || name === undefined || port === undefined) return undefined;
  return { kind: "service", name, port };
}

function parsePortRef(service: Fields): Field<ServicePortRef> {
  const fields = objectField(service, "port");
  if (fields === null || fields === undefined) return fields;
  warnUnknownFields(fields, PORT_FIELDS);
  // Go's zero values, which some tools write out, count as absent.
  const number = rawField(fields, "number") === 0 ? null : portField(fields, "number");
  const name = textField(fields, "name", rawField(fields, "name") === "" ? undefined : PORT_NAME);
  if (number === undefined || name === undefined) return undefined;
  if (number !== null && name !== null && name !== "") {
    reportError(fields.log, fields.path, "", "expected either a name or a number, not both");
    return undefined;
  }
  if (number !== null) return { kind: "number", number };
  return name === null || name === "" ? null : { kind: "name", name };
}

function parseResourceBackend(fields: Fields): IngressBackend | undefined {
  const apiGroup = textField(fields, "apiGroup");
  const resourceKind = textField(fields, "kind");
  const name = textField(fields, "name");
  if (apiGroup === undefined || resourceKind === undefined || name === undefined) return undefined;
  return { kind: "resource", apiGroup: apiGroup ?? "", resourceKind: resourceKind ?? "", name: name ?? "" };
}

/**
 * What is known of an Ingress that cannot be used: its hosts and paths, so that they can be closed while no good version of it is known.
 * Null when it cannot be named. Its errors have been told already.
 */
export function parseRefusedIngress(json: Readonly<Record<string, unknown>>): Ingress | null {
  const object: Fields = { path: "", values: json, log: { errors: [], warnings: [] } };
  const named = objectField(object, "metadata");
  const name = named ? textField(named, "name", NAME) : null;
  if (!named || !name) return null;
  const namespace = textField(named, "namespace", NAMESPACE) ?? "default";
  const annotations = objectField(named, "annotations")?.values ?? {};
  const texts = Object.entries(annotations).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const times = { createdAtMs: 0, deletedAtMs: null };
  const meta = {
    namespace,
    name,
    uid: "",
    resourceVersion: "",
    ...times,
    labels: new Map(),
    annotations: new Map(texts),
  };
  const fields = objectField(object, "spec") ?? { ...object, values: {} };
  const rules = listField(fields, "rules", parseRule);
  const isDefault = rawField(fields, "defaultBackend") !== null && !becomesCatchAll(fields, rules);
  const ingressClassName = textField(fields, "ingressClassName", NAME) ?? null;
  const spec = { ingressClassName, defaultBackend: isDefault ? UNREADABLE : null, tls: [], rules };
  return { kind: "Ingress", meta, spec, status: [], refused: "the object cannot be read" };
}

/** An IngressClass without controller matches no controller. */
export function parseIngressClass(object: Fields, meta: ObjectMeta): IngressClass | null {
  const spec = objectField(object, "spec");
  const controller = spec ? textField(spec, "controller") : spec;
  return controller === undefined ? null : { kind: "IngressClass", meta, controller: controller ?? "" };
}
