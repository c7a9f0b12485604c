import { printable } from "../../lib/printable.ts";
import { err, ok } from "../../lib/result.ts";
import { type FilterSource, unresolved } from "./filter-source.ts";

/**
 * `custom-headers`: the fields of a ConfigMap of the same namespace, each of which the controller's ConfigMap must allow. As in ingress-nginx
 * a route whose headers cannot be sent is closed: they may be what keeps its pages safe.
 */
export const responseHeaders: FilterSource<"responseHeaders"> = ({ responseHeaders: configMap }, place) => {
  if (configMap === null) return ok(null);
  const refuse = (why: string): ReturnType<typeof responseHeaders> =>
    err(unresolved(place, { name: "custom-headers", value: configMap }, why));
  const { namespace } = place.source;
  if (!configMap.startsWith(`${namespace}/`)) return refuse(`the ConfigMap must be in namespace ${namespace}`);
  const found = place.reader.get("ConfigMap", configMap);
  if (found === undefined) return refuse(`ConfigMap ${configMap} does not exist`);
  const allowed = new Set(place.reader.settings.allowedResponseHeaders.map((name) => name.toLowerCase()));
  for (const [name, value] of found.data) {
    const fault = faultOf(name, value, allowed);
    if (fault !== null) return refuse(fault);
  }
  return ok(found.data.size === 0 ? null : { set: [...found.data], add: [], remove: [] });
};

/** ingress-nginx's characters of names and values. */
const NAME = /^[A-Za-z0-9_-]+$/;
const VALUE = /^[A-Za-z0-9_ :;.,\\/"'?!(){}[\]@<>=\-+*#$&`|~^%]+$/;
const MAX_VALUE_LENGTH = 8192;

function faultOf(name: string, value: string, allowed: ReadonlySet<string>): string | null {
  if (!NAME.test(name)) return `"${printable(name)}" is not a header name`;
  if (!allowed.has(name.toLowerCase())) return `${name} is not among the headers of global-allowed-response-headers`;
  return value.length <= MAX_VALUE_LENGTH && VALUE.test(value) ? null : `the value of ${name} cannot be sent`;
}
