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
import { NAME, PORT_NAME } from "./parse-names.ts";
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
 * A rule, path or TLS entry that cannot be read is dropped alone. What would change the meaning of all the rest (the class, or a
 * list that is not a list) refuses the object.
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
  return { ingressClassName, defaultBackend: defaultBackend ?? null, tls, rules };
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

function parseTls(item: Item): IngressTls | null {
  const fields = itemObject(item);
  if (fields === null) return null;
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
  if (host === undefined || http === undefined) return null;
  const rule = { position: item.position, host: host ?? "" };
  if (http === null) return { ...rule, paths: null };
  warnUnknownFields(http, HTTP_FIELDS);
  return { ...rule, paths: listField(http, "paths", parsePath) };
}

function parsePath(item: Item): IngressPath | null {
  const fields = itemObject(item);
  if (fields === null) return null;
  warnUnknownFields(fields, PATH_FIELDS);
  const path = textField(fields, "path", PATH);
  const pathType = wordField(fields, "pathType", PATH_TYPES);
  const backend = backendField(fields, "backend");
  if (backend === null) reportError(fields.log, fieldPath(fields, "backend"), "", "expected a backend with a service");
  if (path === undefined || pathType === undefined || backend === null || backend === undefined) return null;
  return { position: item.position, path: path ?? "", pathType, backend };
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

/** An IngressClass without controller matches no controller. */
export function parseIngressClass(object: Fields, meta: ObjectMeta): IngressClass | null {
  const spec = objectField(object, "spec");
  const controller = spec ? textField(spec, "controller") : spec;
  return controller === undefined ? null : { kind: "IngressClass", meta, controller: controller ?? "" };
}
