import type { LoadBalancerIngress } from "./objects.ts";
import { type Fields, itemObject, listField, objectField, textField } from "./parse-fields.ts";

/** `status.loadBalancer.ingress` of an Ingress or a Service: where it can be reached. */
export function parseLoadBalancer(object: Fields): readonly LoadBalancerIngress[] {
  const status = objectField(object, "status");
  const loadBalancer = status ? objectField(status, "loadBalancer") : null;
  if (loadBalancer === null || loadBalancer === undefined) return [];
  return listField(loadBalancer, "ingress", (item) => {
    const fields = itemObject(item);
    if (fields === null) return null;
    return { ip: textField(fields, "ip") ?? "", hostname: textField(fields, "hostname") ?? "" };
  });
}
