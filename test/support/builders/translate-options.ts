import type { TranslateOptions } from "../../../src/translate/translate.ts";

/** The command line's defaults. */
export const DEFAULT_OPTIONS: TranslateOptions = {
  ingressClass: "nginx",
  controllerClass: "k8s.io/ingress-nginx",
  ingressClassByName: false,
  watchIngressWithoutClass: false,
  anyClass: false,
  annotationsPrefix: "nginx.ingress.kubernetes.io",
  defaultBackends: "served",
  externalNames: "served",
  defaultBackendService: null,
  defaultSslCertificate: null,
  configMap: null,
  endpointOverrides: new Map(),
};
