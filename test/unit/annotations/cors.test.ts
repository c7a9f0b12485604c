import { describe, expect, it } from "vitest";
import { fieldOf, PLAIN_POLICY, readAnnotations } from "../../support/builders/read-annotations.ts";

const DEFAULTS = {
  origins: "any",
  credentials: true,
  methods: "GET, PUT, POST, DELETE, PATCH, OPTIONS",
  headers:
    "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization",
  exposedHeaders: null,
  maxAgeSeconds: 1_728_000,
};

function cors(annotations: Readonly<Record<string, string>>) {
  return readAnnotations({ "enable-cors": "true", ...annotations });
}

describe("enable-cors", () => {
  it("is off unless asked for", () => {
    expect(PLAIN_POLICY.cors).toBeNull();
    expect(readAnnotations({ "enable-cors": "false" })).toEqual({ policy: PLAIN_POLICY, problems: [] });
  });

  it("lets all origins in, with credentials and the methods and headers of ingress-nginx", () => {
    expect(cors({})).toEqual({ policy: { ...PLAIN_POLICY, cors: DEFAULTS }, problems: [] });
  });

  it.each([
    ["cors-allow-origin", "https://shop.example.com", { origins: ["https://shop.example.com"] }],
    [
      "cors-allow-origin",
      "https://A.example.com:8443, http://*.B.example",
      { origins: ["https://a.example.com:8443", "http://*.b.example"] },
    ],
    ["cors-allow-origin", "null,app://shop", { origins: ["null", "app://shop"] }],
    ["cors-allow-origin", "https://a.example, https://A.example,,", { origins: ["https://a.example"] }],
    ["cors-allow-origin", "https://a.example, *", { origins: "any" }],
    ["cors-allow-methods", "GET, PUT", { methods: "GET, PUT" }],
    ["cors-allow-headers", "X-Session,X_Old", { headers: "X-Session,X_Old" }],
    ["cors-expose-headers", "*", { exposedHeaders: "*" }],
    ["cors-expose-headers", "*, X-Total", { exposedHeaders: "*, X-Total" }],
    ["cors-allow-credentials", "false", { credentials: false }],
    ["cors-max-age", "600", { maxAgeSeconds: 600 }],
    ["cors-max-age", "-1", { maxAgeSeconds: -1 }],
  ])("%s: %j changes its part and nothing else", (name, value, expected) => {
    expect(cors({ [name]: value })).toEqual({
      policy: { ...PLAIN_POLICY, cors: { ...DEFAULTS, ...expected } },
      problems: [],
    });
  });

  it.each([
    ["cors-allow-methods", "GET; POST"],
    ["cors-allow-methods", "$request_method"],
    ["cors-allow-headers", "X-A: b"],
    ["cors-allow-headers", "*"],
    ["cors-expose-headers", "a\r\nSet-Cookie: x"],
    ["cors-allow-credentials", "maybe"],
    ["cors-max-age", "1h"],
  ])("%s: %j keeps its default and is named", (name, value) => {
    const { policy, problems } = cors({ [name]: value });
    expect(policy.cors).toEqual(DEFAULTS);
    expect(problems).toMatchObject([{ severity: "error", field: fieldOf(name), effect: "ignored" }]);
  });

  it.each(["cors-allow-origin", "cors-max-age", "cors-allow-credentials"])(
    "%s has no effect without it, and says so",
    (name) => {
      const { policy, problems } = readAnnotations({ [name]: "1" });
      expect(policy).toEqual(PLAIN_POLICY);
      expect(problems).toMatchObject([{ severity: "warning", field: fieldOf(name), effect: "ignored" }]);
    },
  );
});

describe("an origin that is none", () => {
  it.each([
    "shop.example.com",
    "https://",
    "https://shop.example.com/",
    "https://a.*.example.com",
    "https://**.example.com",
    "https://user@shop.example.com",
    "https://shop.example.com:port",
    `https://${"a".repeat(400)}.example`,
  ])("is left out and named, and the others are let in: %s", (bad) => {
    const { policy, problems } = cors({ "cors-allow-origin": `${bad}, https://good.example` });
    expect(policy.cors?.origins).toEqual(["https://good.example"]);
    expect(problems).toMatchObject([{ severity: "warning", field: fieldOf("cors-allow-origin"), effect: "ignored" }]);
    expect(problems[0]?.message).toContain("the others are let in");
  });

  it("lets nobody in where it is the only one, and never all", () => {
    const { policy, problems } = cors({ "cors-allow-origin": "shop.example.com" });
    expect(policy.cors).toBeNull();
    expect(problems[0]?.message).toContain("no origin is let in");
  });

  it.each([",,", "https://a.example\r\nX: 1", "https://a.example,".repeat(1000)])(
    "lets nobody in where the list cannot be used at all: %j",
    (text) => {
      const { policy, problems } = cors({ "cors-allow-origin": text });
      expect(policy.cors).toBeNull();
      expect(problems).toMatchObject([{ severity: "error", field: fieldOf("cors-allow-origin"), effect: "ignored" }]);
      expect(problems[0]?.message).toMatch(/; no origin is let in$/);
    },
  );
});
