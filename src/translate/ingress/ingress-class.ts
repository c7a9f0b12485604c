import type { Ingress, IngressClass } from "../../kubernetes/objects.ts";
import type { TranslateOptions } from "../shared/options.ts";

const CLASS_ANNOTATION = "kubernetes.io/ingress.class";

/**
 * Is this Ingress ours? `spec.ingressClassName` decides alone where it is set: the IngressClass must exist and name our controller,
 * or, with `--ingress-class-by-name`, bear our class name. Else the old annotation decides; an empty one counts as absent. Without
 * either, only `--watch-ingress-without-class` takes the Ingress.
 */
export function isOurs(
  ingress: Ingress,
  findClass: (name: string) => IngressClass | undefined,
  options: TranslateOptions,
): boolean {
  if (options.anyClass) return true;
  const { ingressClassName } = ingress.spec;
  if (ingressClassName !== null && ingressClassName !== "") {
    const ingressClass = findClass(ingressClassName);
    if (ingressClass === undefined) return false;
    if (ingressClass.controller === options.controllerClass) return true;
    return options.ingressClassByName && ingressClass.meta.name === options.ingressClass;
  }
  const annotation = ingress.meta.annotations.get(CLASS_ANNOTATION) ?? "";
  return annotation === "" ? options.watchIngressWithoutClass : annotation === options.ingressClass;
}
