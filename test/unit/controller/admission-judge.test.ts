import { describe, expect, test } from "vitest";
import { MAX_PARTS, type ReadReview, readReview } from "../../../src/controller/admission/read-review.ts";
import { judge } from "../../../src/controller/controller.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { takeAll } from "../../../src/lib/take-all.ts";
import { Translator } from "../../../src/translate/translate.ts";
import { ingress, rule, service } from "../../support/builders/kubernetes-objects.ts";
import { MemorySnapshot } from "../../support/builders/memory-snapshot.ts";
import { DEFAULT_OPTIONS } from "../../support/builders/translate-options.ts";

const PREFIX = "nginx.ingress.kubernetes.io";
const UID = "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f";

interface Path {
  readonly path: string;
  readonly pathType: string;
}

interface Candidate {
  readonly name?: string;
  readonly host?: string;
  readonly paths?: readonly Path[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly className?: string;
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

function candidate(parts: Candidate): Readonly<Record<string, unknown>> {
  const backend = { service: { name: "web", port: { number: 80 } } };
  const paths = (parts.paths ?? [{ path: "/new", pathType: "Prefix" }]).map((path) => ({ ...path, backend }));
  const annotations = Object.entries(parts.annotations ?? {}).map(([key, value]) => [
    key.includes("/") ? key : `${PREFIX}/${key}`,
    value,
  ]);
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name: parts.name ?? "new",
      namespace: "shop",
      uid: UID,
      creationTimestamp: "2026-11-21T12:00:00Z",
      annotations: { "kubernetes.io/ingress.class": parts.className ?? "nginx", ...Object.fromEntries(annotations) },
      ...parts.meta,
    },
    spec: { rules: [{ host: parts.host ?? "shop.example", http: { paths } }], ...parts.spec },
  };
}

/** What is in the cluster: `/` of shop.example with a canary for `/split`, and a host with regexes. */
const CLUSTER = [
  service("shop/web"),
  ingress("shop/main", { rules: [rule("shop.example", ["/", "Prefix", "web:80"], ["/split", "Prefix", "web:80"])] }),
  ingress("shop/canary", {
    annotations: { canary: "true", "canary-weight": "10" },
    rules: [rule("shop.example", ["/split", "Prefix", "other:80"])],
  }),
  ingress("shop/patterns", {
    annotations: { "use-regex": "true" },
    rules: [rule("regex.example", ["/a.*", "ImplementationSpecific", "web:80"])],
  }),
  ingress("far/away", { rules: [rule("far.example", ["/", "Prefix", "web:80"])] }),
];

type Verdict = Awaited<ReturnType<typeof judge>>;

async function verdictOn(
  object: Readonly<Record<string, unknown>>,
  changes: Partial<Parameters<typeof judge>[1]> = {},
): Promise<Verdict> {
  const snapshot = new MemorySnapshot(CLUSTER);
  const translator = new Translator(DEFAULT_OPTIONS);
  translator.update(snapshot, []);
  return await judge(read(object), {
    deepInspect: "on",
    annotationsPrefix: PREFIX,
    clock: systemClock,
    watches: () => true,
    takes: (one) => translator.takes(one, snapshot),
    review: (one) => translator.review(one, snapshot),
    ...changes,
  });
}

/** As it arrives from the API server. */
function read(object: Readonly<Record<string, unknown>>): ReadReview {
  const kind = { group: "networking.k8s.io", version: "v1", kind: "Ingress" };
  const request = { uid: "1", operation: "CREATE", kind, namespace: "shop", object };
  const text = JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request });
  const review = readReview(text);
  if (!review.ok) throw new Error(review.error);
  return review.value;
}

const CANARY = { canary: "true", "canary-weight": "5" };

describe("the webhook denies", () => {
  test.each<[string, Candidate, string]>([
    [
      "a host and path that another Ingress has",
      { paths: [{ path: "/", pathType: "Prefix" }] },
      'host "shop.example" and path "/" is already defined in ingress shop/main',
    ],
    [
      "the same path with another type, as ingress-nginx",
      { paths: [{ path: "/split", pathType: "Exact" }] },
      'path "/split" is already defined in ingress shop/main',
    ],
    [
      "the same path with a canary annotation that is off",
      { paths: [{ path: "/", pathType: "Prefix" }], annotations: { canary: "false" } },
      "is already defined in ingress shop/main",
    ],
    [
      "a second canary of one path",
      { paths: [{ path: "/split", pathType: "Prefix" }], annotations: CANARY },
      "has a canary already, Ingress shop/canary",
    ],
    [
      "a canary of another namespace's Ingress",
      { host: "far.example", paths: [{ path: "/", pathType: "Prefix" }], annotations: CANARY },
      "a canary must be in the namespace of the main Ingress",
    ],
    ["a snippet", { annotations: { "configuration-snippet": "return 200;" } }, "never executed"],
    [
      "a snippet under any prefix",
      { annotations: { "example.com/server-snippet": "x" } },
      "snippets are never executed",
    ],
    ["a limit that is no number", { annotations: { "limit-rps": "many" } }, "limit-rps: expected a whole number"],
    [
      "access control that is misspelt",
      { annotations: { "whitelist-source-rang": "10.0.0.0/8" } },
      "whitelist-source-rang",
    ],
    [
      "regex characters in a Prefix path",
      { paths: [{ path: "/a(b)", pathType: "Prefix" }] },
      "pathType Prefix is meant for",
    ],
    [
      "a regex that RE2 does not take",
      { paths: [{ path: "/a(?=b)", pathType: "ImplementationSpecific" }], annotations: { "use-regex": "true" } },
      "not a regex in RE2 syntax",
    ],
    [
      "a path that is no regex on a host of regexes",
      { host: "regex.example", paths: [{ path: "/a(b", pathType: "ImplementationSpecific" }] },
      "not a regex in RE2 syntax",
    ],
    ["a host that is none", { host: "shop_example..com" }, "host"],
    ["a uid that is none", { meta: { uid: "x; alias" } }, "is not a UUID"],
    [
      "an nginx directive in a path",
      { paths: [{ path: "/x; alias /;", pathType: "ImplementationSpecific" }] },
      "an nginx directive",
    ],
    ["a system file", { paths: [{ path: "/etc/passwd", pathType: "Exact" }] }, "a system file"],
    ["Lua in a TLS section", { spec: { rules: [], tls: [{ secretName: "x_by_lua_block", hosts: [] }] } }, "Lua code"],
    ["annotations that are no texts", { meta: { annotations: { [`${PREFIX}/limit-rps`]: 5 } } }, "expected a string"],
  ])("%s", async (_what, parts, denial) => {
    expect((await verdictOn(candidate(parts))).denial).toContain(denial);
  });

  test("the default prefix when another one is configured", async () => {
    const translator = new Translator({ ...DEFAULT_OPTIONS, annotationsPrefix: "my.example" });
    const snapshot = new MemorySnapshot(CLUSTER);
    translator.update(snapshot, []);
    const { denial } = await verdictOn(candidate({ annotations: { "limit-rps": "5" } }), {
      annotationsPrefix: "my.example",
      review: (one) => translator.review(one, snapshot),
    });
    expect(denial).toContain("reads annotations under my.example");
  });

  test("an Ingress with a default backend where --disable-catch-all says so", async () => {
    const translator = new Translator({ ...DEFAULT_OPTIONS, defaultBackends: "refused" });
    const snapshot = new MemorySnapshot(CLUSTER);
    translator.update(snapshot, []);
    const review = (one: Parameters<Translator["review"]>[0]): ReturnType<Translator["review"]> =>
      translator.review(one, snapshot);
    const spec = { defaultBackend: { service: { name: "web", port: { number: 80 } } } };
    expect((await verdictOn(candidate({ spec }), { review })).denial).toContain("remove spec.defaultBackend");
    expect((await verdictOn(candidate({}), { review })).denial).toBeNull();
  });

  test("a word that the ConfigMap forbids", async () => {
    const translator = new Translator({ ...DEFAULT_OPTIONS, configMap: "ingress/settings" });
    const meta = { ...service("ingress/settings").meta };
    const data = new Map([["annotation-value-word-blocklist", "proxy_pass"]]);
    const snapshot = new MemorySnapshot([...CLUSTER, { kind: "ConfigMap", meta, data }]);
    translator.update(snapshot, []);
    const object = candidate({ annotations: { "app-root": "/proxy_pass" } });
    const { denial } = await verdictOn(object, { review: (one) => translator.review(one, snapshot) });
    expect(denial).toContain("annotation-value-word-blocklist forbids");
  });
});

describe("the webhook allows", () => {
  test.each<[string, Candidate]>([
    ["an Ingress that is fine", {}],
    [
      "a new form of an Ingress that has the path already",
      { name: "main", paths: [{ path: "/", pathType: "Prefix" }] },
    ],
    [
      "a Secret and a Service that do not exist yet",
      { spec: { tls: [{ secretName: "later", hosts: ["shop.example"] }] } },
    ],
    [
      "an nginx directive in another class",
      { className: "other", paths: [{ path: "/etc/passwd", pathType: "Exact" }] },
    ],
    ["another class's Ingress with a path of ours", { className: "other", paths: [{ path: "/", pathType: "Prefix" }] }],
    ["an Ingress that is being deleted", { meta: { deletionTimestamp: "2026-11-21T12:00:00Z" }, host: "a b" }],
  ])("%s, without a word", async (_what, parts) => {
    expect(await verdictOn(candidate(parts))).toEqual({ denial: null, warnings: [] });
  });

  test("an Ingress of a namespace that is not looked at", async () => {
    const object = candidate({ annotations: { "server-snippet": "x" } });
    expect(await verdictOn(object, { watches: () => false })).toEqual({ denial: null, warnings: [] });
  });

  test('other characters in a Prefix path where strict-validate-path-type is "false", with a warning', async () => {
    const translator = new Translator({ ...DEFAULT_OPTIONS, configMap: "ingress/settings" });
    const meta = { ...service("ingress/settings").meta };
    const data = new Map([["strict-validate-path-type", "false"]]);
    const snapshot = new MemorySnapshot([...CLUSTER, { kind: "ConfigMap", meta, data }]);
    translator.update(snapshot, []);
    const object = candidate({ paths: [{ path: "/v1/users:delete", pathType: "Prefix" }] });
    const { denial, warnings } = await verdictOn(object, { review: (one) => translator.review(one, snapshot) });
    expect([denial, warnings.length]).toEqual([null, 1]);
    expect((await verdictOn(object)).denial).toContain("strict-validate-path-type");
  });

  test("nginx directives where the deep look is switched off, since paths are data", async () => {
    const object = candidate({ paths: [{ path: "/x; alias /;", pathType: "ImplementationSpecific" }] });
    expect((await verdictOn(object, { deepInspect: "off" })).denial).toBeNull();
  });
});

describe("the webhook warns of", () => {
  test.each<[string, Candidate, string]>([
    ["an annotation without effect", { annotations: { "canary-weight": "5" } }, "no effect without"],
    ["an unknown annotation", { annotations: { "proxy-body-sise": "1m" } }, "did you mean proxy-body-size"],
    ["a host whose paths are regexes", { host: "regex.example" }, "are case-insensitive regexes"],
    [
      "a missing certificate for a host",
      { spec: { tls: [{ hosts: ["other.example"], secretName: "x" }] } },
      "no entry lists host",
    ],
    ["a field that Kubernetes does not know", { spec: { ruless: [] } }, "unknown field"],
  ])("%s", async (_what, parts, warning) => {
    const verdict = await verdictOn(candidate(parts));
    expect(verdict.denial).toBeNull();
    expect(verdict.warnings.join("\n")).toContain(warning);
  });
});

describe("hostile text", () => {
  const roots = "root ".repeat(200_000);

  test.each<[string, Candidate]>([
    ["a path of 1 MB", { paths: [{ path: `/${roots}`, pathType: "ImplementationSpecific" }] }],
    ["a host of 1 MB", { host: roots }],
  ])("%s is denied by the limit of its length", async (_what, parts) => {
    expect((await verdictOn(candidate(parts))).denial).toMatch(
      /spec\.rules\[0\]\.\S+: expected at most \d+ characters/,
    );
  });

  test("deep inspection takes linear time where a directive never ends", async () => {
    const spec = { rules: [], tls: [{ hosts: [`\t${roots}`, roots] }] };
    expect((await verdictOn(candidate({ spec }))).denial).toContain("expected at most 255 characters");
    const ended = { rules: [], tls: [{ hosts: [`\t${roots};`] }] };
    expect((await verdictOn(candidate({ spec: ended }))).denial).toContain("an nginx directive");
  });

  const many = Array.from({ length: MAX_PARTS }, (_, i) => ({ path: `/p-${i}`, pathType: "Prefix" }));

  test("an Ingress of too many parts is denied by that limit, and nobody's business in another class", async () => {
    expect((await verdictOn(candidate({ paths: many }))).denial).toContain(`may have ${MAX_PARTS} rules, paths`);
    const foreign = candidate({ paths: many, className: "other" });
    expect(await verdictOn(foreign)).toEqual({ denial: null, warnings: [] });
  });

  test("what is not ours is neither inspected nor judged", async () => {
    const never = (): never => {
      throw new Error("judged");
    };
    const object = candidate({ paths: [{ path: "/x; alias /;", pathType: "ImplementationSpecific" }] });
    const changes = { takes: () => false, review: never };
    expect(await verdictOn(object, changes)).toEqual({ denial: null, warnings: [] });
    expect(await verdictOn(object, { watches: () => false, takes: never, review: never })).toEqual({
      denial: null,
      warnings: [],
    });
  });

  test("a judgement that needs too long is a denial", async () => {
    let nowMs = 0;
    const clock = { nowMs: () => 0, monotonicMs: () => (nowMs += 100) };
    const endless = function* (): Generator<void, never> {
      for (;;) yield;
    };
    expect((await verdictOn(candidate({}), { clock, review: endless })).denial).toContain("takes more than 1000 ms");
  });
});

test("judging changes nothing for those who are served", () => {
  const snapshot = new MemorySnapshot(CLUSTER);
  const translator = new Translator(DEFAULT_OPTIONS);
  translator.update(snapshot, []);
  takeAll(
    translator.review(ingress("shop/new", { rules: [rule("shop.example", ["/", "Prefix", "web:80"])] }), snapshot),
  );
  const { delta, problems, newReferences } = translator.update(snapshot, []);
  expect([delta.virtualHosts.size, delta.upstreams.size, problems.size, newReferences.length]).toEqual([0, 0, 0, 0]);
});
