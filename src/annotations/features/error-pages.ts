import { err, ok, type Result } from "../../lib/result.ts";
import { at, Keys } from "../entries/config-key.ts";
import { Fields } from "../entries/feature.ts";
import { parseBool, parseList } from "../entries/value-parsers.ts";

interface ErrorPagesFields {
  /** Ascending, each once. */
  statuses: readonly number[];
  /** Errors that endpoints answer stay as they are. */
  keepsUpstreams: boolean;
  /** Name of a Service in the Ingress' namespace. */
  backend: string | null;
}

const pages = new Fields<ErrorPagesFields>({ group: "Proxying" }, ({ errorPages }) => ({
  ...errorPages,
  backend: null,
}));
const keys = new Keys({ group: "Proxying, timeouts, retries" });

export const ERROR_PAGES = pages.feature({
  entries: [
    pages.field("statuses", parseStatuses, {
      name: "custom-http-errors",
      risk: "low",
      value: "comma list of statuses, 400 to 599",
      fallback: "ConfigMap",
      status: {
        kind: "differs",
        how: "without an error backend that has endpoints, and where it fails, the error itself is answered",
      },
      doc: "Statuses whose answers come from `default-backend`, or else from `--default-backend-service`, as that answers them.",
    }),
    pages.field("backend", parseServiceName, {
      name: "default-backend",
      risk: "low",
      value: "Service name",
      fallback: "the controller's",
      status: { kind: "differs", how: "a request that it stands in for has no body" },
      doc: "Service for error pages, and for requests while the path's own Service has no endpoints; its first port.",
    }),
    pages.bool("keepsUpstreams", {
      name: "disable-proxy-intercept-errors",
      risk: "low",
      fallback: "ConfigMap",
      status: { kind: "differs", how: "holds for the ConfigMap's list of statuses, too" },
      doc: "Keeps errors that endpoints answer: only those of the proxy's own are replaced.",
    }),
  ],
  policy: (fields): Readonly<ErrorPagesFields> => fields,
  keys: [
    keys.key(at("translation", "errorPages", "statuses"), parseDefaultStatuses, {
      name: "custom-http-errors",
      type: "list",
      fallback: "",
      doc: "Statuses, 300 to 599, whose answers come from the default backend; others in the list do not count.",
    }),
    keys.key(at("translation", "errorPages", "keepsUpstreams"), (text) => (text === "" ? ok(false) : parseBool(text)), {
      name: "disable-proxy-intercept-errors",
      type: "bool",
      fallback: "false",
      doc: "Keeps errors that endpoints answer.",
    }),
  ],
});

/** There are no more statuses than these. */
const MAX_STATUSES = 300;

function parseStatuses(text: string): Result<readonly number[]> {
  const items = parseList(text);
  const allowed = items.every((item) => /^[45]\d\d$/.test(item));
  return allowed && items.length > 0 && items.length <= MAX_STATUSES
    ? ok(ascending(items))
    : err("expected statuses between 400 and 599 between commas");
}

function parseDefaultStatuses(text: string): Result<readonly number[]> {
  return ok(ascending(parseList(text).filter((item) => /^[345]\d\d$/.test(item))));
}

function ascending(items: readonly string[]): readonly number[] {
  return [...new Set(items.map(Number))].toSorted((a, b) => a - b);
}

function parseServiceName(text: string): Result<string> {
  return /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(text) ? ok(text) : err("expected the name of a Service");
}
