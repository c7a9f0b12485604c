/** How far an annotation, ConfigMap key or flag of ingress-nginx is supported. The reference pages print it. */
export type SupportStatus =
  | { readonly kind: "works" }
  | { readonly kind: "differs"; readonly how: string }
  /** Read and named, without effect, because there is nothing for it to do here. */
  | { readonly kind: "accepted"; readonly why: string }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "not-yet" };

export const WORKS: SupportStatus = { kind: "works" };
export const NOT_YET: SupportStatus = { kind: "not-yet" };
