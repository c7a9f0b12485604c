/** Label values of `headgate_proxy_errors_total` as one text, as series of cells are told by. `ingress`: `namespace/name`, or empty. */
export function errorLabels(code: string, ingress: string): string {
  return `${code}/${ingress === "" ? "/" : ingress}`;
}

/** Code, namespace and Ingress. */
export function errorLabelValues(labels: string): readonly string[] {
  return labels.split("/", 3);
}
