import { AdmissionServer, type Controller, judge } from "../controller/controller.ts";
import type { ControllerConfig } from "../config/config.ts";
import { systemClock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { ReviewReading } from "../observability/observability.ts";
import type { Translator } from "../translate/translate.ts";

/** Opens the webhook on a running controller. */
export type OpenAdmission = (
  controller: Controller,
  translator: Translator,
  onReview: (review: ReviewReading) => void,
) => Promise<AdmissionServer>;

/** Null where `--validating-webhook` is not given. */
export function admissionOpener(config: ControllerConfig, logger: Logger): OpenAdmission | null {
  const { webhook } = config.duties;
  if (webhook === null) return null;
  const { annotationsPrefix, watchNamespace, watchNamespaceSelector } = config;
  return (controller, translator, onReview) => {
    const { snapshot } = controller;
    const options = {
      annotationsPrefix,
      deepInspect: webhook.deepInspect ? ("on" as const) : ("off" as const),
      watches: (namespace: string) =>
        watchNamespace === null
          ? watchNamespaceSelector === null || snapshot.get("Namespace", namespace) !== undefined
          : namespace === watchNamespace,
      takes: (ingress: Parameters<Translator["takes"]>[0]) => translator.takes(ingress, snapshot),
      review: (ingress: Parameters<Translator["review"]>[0]) => translator.review(ingress, snapshot),
      clock: systemClock,
    };
    return AdmissionServer.open({
      ...webhook,
      logger,
      clock: systemClock,
      judge: async (review) => {
        if (!controller.synced) return null;
        const startedMs = systemClock.monotonicMs();
        const verdict = await judge(review, options);
        const seconds = (systemClock.monotonicMs() - startedMs) / 1000;
        const { namespace, name } = review;
        onReview({ namespace, name, accepted: verdict.denial === null, testedIngresses: 1, seconds });
        return verdict;
      },
    });
  };
}
