import { describe, expect, it } from "vitest";
import { ANNOTATIONS, parseIngressAnnotations } from "../../../src/annotations/annotations.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import { fieldOf, INGRESS, PLAIN_POLICY, PREFIX, readAnnotations } from "../../support/builders/read-annotations.ts";

describe("an annotation that is known but protects nothing", () => {
  const rows = ANNOTATIONS.filter(({ protects, reader }) => protects === "nothing" && reader === null).map(
    ({ name }) => name,
  );

  it.each(rows)("%s is named in a warning and changes nothing", (name) => {
    const { policy, problems } = readAnnotations({ [name]: "some-value" });
    expect(policy).toEqual(PLAIN_POLICY);
    expect(problems).toMatchObject([{ severity: "warning", field: fieldOf(name) }]);
    expect(["ignored", "none"]).toContain(problems[0]?.effect);
  });

  it.each([
    ["enable-cors", "false"],
    ["proxy-buffering", "off"],
    ["proxy-http-version", "1.1"],
    ["enable-access-log", "true"],
    ["ssl-passthrough", "false"],
  ])("%s: %s asks for what happens anyway and is not named", (name, value) => {
    expect(readAnnotations({ [name]: value }).problems).toEqual([]);
  });
});

describe("an annotation that is not known", () => {
  it.each([
    ["rewrite-taget", "rewrite-target"],
    ["Rewrite-Target", "rewrite-target"],
    ["ssl-redirct", "ssl-redirect"],
    ["limit-rsp", "limit-rps"],
  ])("%s is named with the nearest one, %s", (name, nearest) => {
    const { policy, problems } = readAnnotations({ [name]: "x" });
    expect(policy).toEqual(PLAIN_POLICY);
    expect(problems).toMatchObject([
      { severity: "warning", reason: "AnnotationUnknown", field: fieldOf(name), effect: "ignored" },
    ]);
    expect(problems[0]?.message).toContain(`did you mean ${nearest}?`);
  });

  it("is named without a guess where nothing is near", () => {
    const { problems } = readAnnotations({ "brew-coffee": "true" });
    expect(problems[0]?.message).toMatch(/unknown, no effect; correct or remove it$/);
  });

  it.each([
    "auth-something-new",
    "allowlist-hosts",
    "denylist-hosts",
    "whitelist",
    "blacklist-source-range",
    "deny-all",
    "block-user-agents",
    "atuh-url",
    "satisfi",
    "Auth-URL",
    "made-up-snippet",
  ])("%s looks like access control and closes the routes", (name) => {
    const { policy, problems } = readAnnotations({ [name]: "x" });
    expect(problems).toMatchObject([{ severity: "error", field: fieldOf(name), effect: "closed" }]);
    expect(policy.closed).toContain(name);
  });

  it.each([
    "secure-backends",
    "session-cookie-hash",
    "influxdb-host",
    "global-rate-limit-window",
    "enable-opentracing",
  ])("%s was removed from ingress-nginx, and the warning says what to use", (name) => {
    const { policy, problems } = readAnnotations({ [name]: "true" });
    expect(policy).toEqual(PLAIN_POLICY);
    expect(problems).toMatchObject([{ severity: "warning", reason: "AnnotationRemoved", effect: "ignored" }]);
    expect(problems[0]?.message).toMatch(/; (use|scrape|remove) /);
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("%s is only a word (HD-13)", (name) => {
    const annotations = new Map([[`${PREFIX}/${name}`, "x"]]);
    const { policy, problems } = parseIngressAnnotations(annotations, {
      prefix: PREFIX,
      source: INGRESS,
      settings: DEFAULT_SETTINGS.translation,
    });
    expect(policy).toEqual(PLAIN_POLICY);
    expect(problems).toMatchObject([{ reason: "AnnotationUnknown", field: fieldOf(name) }]);
  });

  it("cannot break a line of the log with its name", () => {
    const { problems } = readAnnotations({ "a\r\nb": "x" });
    expect(problems[0]?.field).toBe(`metadata.annotations[${PREFIX}/a\\x0d\\x0ab]`);
    expect(problems[0]?.message).not.toMatch(/[\r\n]/);
  });
});

describe("a key under another prefix", () => {
  const read = (prefix: string, key: string) =>
    parseIngressAnnotations(new Map([[key, "true"]]), {
      prefix,
      source: INGRESS,
      settings: DEFAULT_SETTINGS.translation,
    });

  it.each(["nginx.org/rewrites", "nginx.com/jwt-key"])("%s belongs to another product, which is said", (key) => {
    expect(read(PREFIX, key).problems).toMatchObject([
      { severity: "warning", reason: "AnnotationForeign", effect: "ignored" },
    ]);
  });

  it.each(["cert-manager.io/cluster-issuer", "kubernetes.io/ingress.class", "plain"])(
    "%s is none of our business",
    (key) => {
      expect(read(PREFIX, key).problems).toEqual([]);
    },
  );

  it("is read where --annotations-prefix says so, and the default prefix then is not", () => {
    expect(read("ingress.example.com", "ingress.example.com/use-regex").policy.useRegex).toBe(true);
    const { policy, problems } = read("ingress.example.com", `${PREFIX}/use-regex`);
    expect(policy.useRegex).toBe(false);
    expect(problems).toMatchObject([{ severity: "warning", reason: "AnnotationForeign" }]);
  });
});
