import { err, ok } from "../../lib/result.ts";
import { type Apply, at, type ConfigKey, Keys, unsupportedKeys, withChanged } from "../entries/config-key.ts";
import { letsEveryoneIn } from "../entries/value-parsers.ts";
import type { SupportStatus } from "../../lib/support-status.ts";

const group = "Access control";
const keys = new Keys({ group });
const NO_SNIPPETS: SupportStatus = { kind: "refused", why: "configuration text is never executed" };
const NO_FIREWALL: SupportStatus = {
  kind: "refused",
  why: "there is no web application firewall inside; put one in front",
};

const RISK_LEVELS = ["low", "medium", "high", "critical"] as const;

/** In any case. As ingress-nginx, what is none of them is the strictest. */
const applyRiskLevel: Apply = (text, settings) => {
  const annotationsRiskLevel = RISK_LEVELS.find((level) => level === text.trim().toLowerCase());
  if (annotationsRiskLevel !== undefined) return ok(withChanged(settings, "translation", { annotationsRiskLevel }));
  return err({
    message: "expected Low, Medium, High or Critical",
    settings: withChanged(settings, "translation", { annotationsRiskLevel: "low" }),
    outcome: "Low applies",
  });
};

/** Who may configure what, and who may come. */
export const ACCESS_KEYS: readonly ConfigKey[] = [
  keys.custom(applyRiskLevel, {
    name: "annotations-risk-level",
    fallback: "High",
    doc: "Low, Medium, High or Critical: an Ingress with an annotation of a higher risk answers 503, and the webhook refuses it.",
    status: { kind: "differs", how: "annotations of critical risk are snippets, which no level allows" },
  }),
  keys.list(at("translation", "annotationWordBlocklist"), {
    name: "annotation-value-word-blocklist",
    protects: true,
    fallback: "",
    doc: "Words that no value of an annotation may hold: such an Ingress answers 503, and the webhook refuses it.",
  }),
  keys.bool(at("translation", "strictPathTypes"), {
    name: "strict-validate-path-type",
    fallback: "true",
    doc: "The webhook refuses Exact and Prefix paths with other characters than letters, digits, dots, underscores, hyphens and slashes. They are served either way, with a warning.",
  }),
  ...unsupportedKeys({ group, protects: true }, [
    [
      "whitelist-source-range",
      "list",
      "",
      "The only clients that do not get 403. A list of all, such as `0.0.0.0/0,::/0`, restricts nothing.",
      letsEveryoneIn,
    ],
    ["denylist-source-range", "list", "", "Clients that get 403."],
    ["block-cidrs", "list", "", "Clients that get 403 everywhere."],
    ["block-user-agents", "list", "", "User agents that get 403."],
    ["block-referers", "list", "", "Referers that get 403."],
    ["global-auth-url", "text", "", "Service that decides about every request."],
  ]),
  ...unsupportedKeys({ group }, [
    ["global-auth-method", "text", "", "Method of the question."],
    ["global-auth-signin", "text", "", "Where a 401 redirects to."],
    ["global-auth-signin-redirect-param", "text", "rd", "Parameter that carries the original URL."],
    ["global-auth-response-headers", "list", "", "Headers copied from the answer to the upstream request."],
    ["global-auth-request-redirect", "text", "", "Value of X-Auth-Request-Redirect."],
    ["global-auth-cache-key", "text", "", "Key under which answers are cached."],
    ["global-auth-cache-duration", "text", "200 202 401 5m", "How long answers are cached."],
    ["global-auth-always-set-cookie", "bool", "false", "Cookies of the answer reach the client whatever the status."],
    ["no-auth-locations", "list", "/.well-known/acme-challenge", "Rule paths without authentication."],
    ["allow-cross-namespace-resources", "bool", "false", "Lets an Ingress name objects of other namespaces."],
  ]),
  ...unsupportedKeys({ group, status: NO_SNIPPETS }, [
    ["global-auth-snippet", "text", "", "Text for the authentication location."],
    ["allow-snippet-annotations", "bool", "false", "Lets an Ingress write nginx configuration."],
  ]),
  ...unsupportedKeys({ group, status: NO_FIREWALL, protects: true }, [
    ["enable-modsecurity", "bool", "false", "Switches the firewall on."],
  ]),
  // Without the switch above these do nothing in ingress-nginx either.
  ...unsupportedKeys({ group, status: NO_FIREWALL }, [
    ["enable-owasp-modsecurity-crs", "bool", "false", "Loads the OWASP rules."],
    ["modsecurity-snippet", "text", "", "Rules of the firewall."],
  ]),
];
