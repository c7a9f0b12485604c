import type { ObjectKey } from "../../kubernetes/object-key.ts";
import type { Endpoint } from "../../model/upstream.ts";

/** What the command line says about translation. Fixed for the life of a Translator. */
export interface TranslateOptions {
  /** Value of the old class annotation, and with `ingressClassByName` the name of the IngressClass. */
  readonly ingressClass: string;
  /** `spec.controller` of the IngressClasses that are ours. */
  readonly controllerClass: string;
  readonly ingressClassByName: boolean;
  readonly watchIngressWithoutClass: boolean;
  /** For development: every Ingress is ours. */
  readonly anyClass: boolean;
  readonly annotationsPrefix: string;
  /** What becomes of Ingresses that have a default backend, as `--disable-catch-all` says. */
  readonly defaultBackends: "served" | "refused";
  /** What becomes of ExternalName Services, as `--disable-svc-external-name` says. */
  readonly externalNames: "served" | "refused";
  readonly defaultBackendService: ObjectKey | null;
  readonly defaultSslCertificate: ObjectKey | null;
  readonly configMap: ObjectKey | null;
  /** For development: endpoints given by hand, by `namespace/service:port` or `namespace/service`. */
  readonly endpointOverrides: ReadonlyMap<string, readonly Endpoint[]>;
}
