import fc from "fast-check";
import { expect, test } from "vitest";
import { listItems, parseObject } from "../../../src/kubernetes/parse-object.ts";

const KINDS = [
  ["networking.k8s.io/v1", "Ingress"],
  ["networking.k8s.io/v1", "IngressClass"],
  ["v1", "Service"],
  ["discovery.k8s.io/v1", "EndpointSlice"],
  ["v1", "Secret"],
  ["v1", "ConfigMap"],
  ["v1", "Namespace"],
] as const;

const WORDS =
  `metadata name namespace annotations labels creationTimestamp spec rules host http paths path pathType backend
  service resource port number tls hosts secretName defaultBackend ports targetPort protocol type selector addressType endpoints
  addresses conditions ready data stringData status loadBalancer ingress items __proto__ constructor toString`.split(
    /\s+/,
  );

const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    80,
    -1,
    1.5,
    "",
    "web",
    "Prefix",
    "IPv4",
    "10.0.0.1",
    "\u0000",
    "a.example",
    "YQ==",
  ),
  fc.string(),
  fc.integer(),
);

/** JSON that uses the words of the API in wrong places. */
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...WORDS), tie("tree"), { maxKeys: 6 }),
  ),
}));

function check(json: unknown): void {
  const parsed = parseObject(json);
  listItems(json);
  // Either it is used, or not recognised, or it is said why not.
  expect(parsed.object !== null || !parsed.recognised || parsed.errors.length > 0).toBe(true);
  for (const { field, value, message } of [...parsed.errors, ...parsed.warnings]) {
    expect(`${field}${value}${message}`).not.toMatch(/[\u0000-\u001f\u007f]/);
    expect(value.length).toBeLessThan(250);
  }
}

test("any JSON gives an object, an error or nothing to do, and never throws", () => {
  fc.assert(fc.property(fc.jsonValue(), check), { numRuns: 500 });
});

test("objects of known kinds with anything in their fields never throw", () => {
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), tree, tree, ([apiVersion, kind], fields, spec) => {
      const named = { apiVersion, kind, metadata: { name: "web" }, spec };
      check({ ...(typeof fields === "object" ? fields : {}), apiVersion, kind });
      check(named);
      check(JSON.parse(JSON.stringify({ ...named, ...(typeof fields === "object" ? fields : {}), kind, apiVersion })));
    }),
    { numRuns: 2000 },
  );
});
