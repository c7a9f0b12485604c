import { AdmissionServer, type Controller, judge } from "../controller/controller.ts";
import type { ControllerConfig } from "../config/config.ts";
import { systemClock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Translator } from "../translate/translate.ts";

/** Opens the webhook on a running controller. */
export type OpenAdmission = (controller: Controller, translator: Translator) => Promise<AdmissionServer>;

/** Null where `--validating-webhook` is not given. */
export function admissionOpener(config: ControllerConfig, logger: Logger): OpenAdmission | null {
  const { webhook } = config.duties;
  if (webhook === null) return null;
  const { annotationsPrefix, watchNamespace, watchNamespaceSelector } = config;
  return (controller, translator) => {
    const { snapshot } = controller;
    const options = {
      annotationsPrefix,
      deepInspect: webhook.deepInspect ? ("on" as const) : ("off" as const),
      watches: (namespace: string) =>
        watchNamespace === null
          ? watchNamespaceSelector === null || snapshot.get("Namespace", namespace) !== undefined
          : namespace === watchNamespace,
      review: (ingress: Parameters<Translator["review"]>[0]) => translator.review(ingress, snapshot),
    };
    return AdmissionServer.open({
      ...webhook,
      logger,
      clock: systemClock,
      judge: (request) => (controller.synced ? judge(request, options) : null),
    });
  };
}
