import { parseCidr } from "../lib/cidr.ts";
import type { EndpointSlice, ObjectMeta, Service, ServicePort, SliceEndpoint, SlicePort } from "./objects.ts";
import { parseLoadBalancer } from "./parse-load-balancer.ts";
import { PORT_NAME } from "./parse-names.ts";
import {
  booleanField,
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
  wordField,
} from "./parse-fields.ts";

const SERVICE_TYPES = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"] as const;
const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const;
const ADDRESS_TYPES = ["IPv4", "IPv6", "FQDN"] as const;
const SERVICE_NAME_LABEL = "kubernetes.io/service-name";
const ADDRESS = { limit: 253 };

export function parseService(object: Fields, meta: ObjectMeta): Service | null {
  const spec = objectField(object, "spec");
  if (spec === null) reportError(object.log, "spec", "", "expected an object with ports");
  if (spec === null || spec === undefined) return null;
  const type = wordField(spec, "type", SERVICE_TYPES);
  const clusterIP = textField(spec, "clusterIP");
  const externalName = textField(spec, "externalName");
  const selector = objectField(spec, "selector");
  if (type === undefined || clusterIP === undefined || externalName === undefined || selector === undefined)
    return null;
  return {
    kind: "Service",
    meta,
    type: type ?? "ClusterIP",
    clusterIP: clusterIP ?? "",
    externalName: externalName ?? "",
    hasSelector: selector !== null && Object.keys(selector.values).length > 0,
    externalIPs: listField(spec, "externalIPs", (item) => itemText(item, ADDRESS)),
    loadBalancer: parseLoadBalancer(object),
    ports: listField(spec, "ports", parseServicePort),
  };
}

function parseServicePort(item: Item): ServicePort | null {
  const fields = itemObject(item);
  if (fields === null) return null;
  const name = textField(fields, "name");
  const protocol = wordField(fields, "protocol", PROTOCOLS);
  const port = portField(fields, "port");
  const targetPort = targetPortField(fields);
  if (port === null) reportError(fields.log, fieldPath(fields, "port"), "", "expected a port number");
  if (name === undefined || protocol === undefined || targetPort === undefined) return null;
  if (port === null || port === undefined) return null;
  return { name: name ?? "", protocol: protocol ?? "TCP", port, targetPort: targetPort ?? port };
}

/** IntOrString: a number, or the name of a container port. 0 counts as absent. */
function targetPortField(fields: Fields): Field<number | string> {
  const value = rawField(fields, "targetPort");
  if (value === 0 || value === "") return null;
  return typeof value === "string" ? textField(fields, "targetPort", PORT_NAME) : portField(fields, "targetPort");
}

export function parseEndpointSlice(object: Fields, meta: ObjectMeta): EndpointSlice | null {
  const addressType = wordField(object, "addressType", ADDRESS_TYPES);
  if (addressType === null) reportError(object.log, "addressType", "", `expected one of ${ADDRESS_TYPES.join(", ")}`);
  if (addressType === null || addressType === undefined) return null;
  return {
    kind: "EndpointSlice",
    meta,
    serviceName: meta.labels.get(SERVICE_NAME_LABEL) ?? "",
    addressType,
    endpoints: listField(object, "endpoints", (item) => parseEndpoint(item, addressType)),
    ports: listField(object, "ports", parseSlicePort),
  };
}

/** Conditions by the EndpointSlice v1 rules: absent `ready` is true, absent `serving` follows `ready`, absent `terminating` is false. */
function parseEndpoint(item: Item, addressType: EndpointSlice["addressType"]): SliceEndpoint | null {
  const fields = itemObject(item);
  if (fields === null) return null;
  const addresses = listField(fields, "addresses", (address) => parseAddress(address, addressType));
  const conditions = objectField(fields, "conditions");
  if (conditions === undefined || addresses.length === 0) return null;
  const ready = conditions === null ? true : booleanField(conditions, "ready");
  const serving = conditions === null ? null : booleanField(conditions, "serving");
  const terminating = conditions === null ? null : booleanField(conditions, "terminating");
  if (ready === undefined || serving === undefined || terminating === undefined) return null;
  return { addresses, ready: ready ?? true, serving: serving ?? ready ?? true, terminating: terminating ?? false };
}

const ADDRESS_TESTS: Readonly<Record<EndpointSlice["addressType"], (address: string) => boolean>> = {
  IPv4: (address) => isIpAddress(address) && !address.includes(":"),
  IPv6: (address) => isIpAddress(address) && address.includes(":"),
  FQDN: (address) => address !== "",
};

function isIpAddress(text: string): boolean {
  return !text.includes("/") && parseCidr(text).ok;
}

function parseAddress(item: Item, addressType: EndpointSlice["addressType"]): string | null {
  const address = itemText(item, ADDRESS);
  if (address === null || ADDRESS_TESTS[addressType](address)) return address;
  reportError(item.log, item.path, address, `expected an address of type ${addressType}`);
  return null;
}

function parseSlicePort(item: Item): SlicePort | null {
  const fields = itemObject(item);
  if (fields === null) return null;
  const name = textField(fields, "name");
  const protocol = wordField(fields, "protocol", PROTOCOLS);
  const port = portField(fields, "port");
  if (name === undefined || protocol === undefined || port === undefined) return null;
  return { name: name ?? "", protocol: protocol ?? "TCP", port };
}
