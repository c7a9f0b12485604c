import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { onlyShard } from "../../src/model/delta.ts";
import type { KubernetesObject } from "../../src/kubernetes/objects.ts";
import { Translator } from "../../src/translate/translate.ts";
import { readCertificateFixture } from "../support/builders/certificate-fixture.ts";
import { type ControllerHarness, startController } from "../support/servers/controller-harness.ts";
import { FollowedCluster, FORMS } from "../support/servers/followed-cluster.ts";
import { configMap, ingress, rule, secret } from "../support/builders/kubernetes-objects.ts";
import { DEFAULT_OPTIONS } from "../support/builders/translate-options.ts";

const OPTIONS = { ...DEFAULT_OPTIONS, configMap: "infra/settings", defaultSslCertificate: "infra/tls" };
const SETTLED_MS = 5000;
const SECRETS = ["a/one", "a/two", "infra/tls"];
const INGRESSES = ["a/web", "a/api"];

function anIngress(key: string, tls: string | null): KubernetesObject {
  const host = `${key.replace("/", "-")}.example.com`;
  const section = tls === null ? [] : [{ hosts: [host], secretName: tls }];
  return ingress(key, { rules: [rule(host, ["/", "Prefix", "web"])], tls: section });
}

type Step = (cluster: FollowedCluster) => Promise<void> | void;

const secretStep = fc.tuple(fc.constantFrom(...SECRETS), fc.constantFrom("shop" as const, "wild" as const, null)).map(
  ([key, content]): Step =>
    (cluster) =>
      content === null ? cluster.delete("Secret", key) : cluster.put(secret(key, readCertificateFixture(content))),
);
const ingressStep = fc.tuple(fc.constantFrom(...INGRESSES), fc.constantFrom(null, "one", "two"), fc.boolean()).map(
  ([key, tls, exists]): Step =>
    (cluster) =>
      exists ? cluster.put(anIngress(key, tls)) : cluster.delete("Ingress", key),
);
const settingsStep = fc.constantFrom("7", "9", null).map(
  (value): Step =>
    (cluster) =>
      value === null
        ? cluster.delete("ConfigMap", "infra/settings")
        : cluster.put(configMap("infra/settings", { "proxy-read-timeout": value })),
);
const pause = fc.constantFrom(1, 3, 20, 700).map(
  (ms): Step =>
    async () =>
      void (await vi.advanceTimersByTimeAsync(ms)),
);
const relist = fc.constantFrom<Step>(
  (cluster) => cluster.relist(),
  (cluster) => cluster.restore(),
);
const step = fc.oneof(
  { weight: 4, arbitrary: secretStep },
  { weight: 4, arbitrary: ingressStep },
  { weight: 1, arbitrary: settingsStep },
  { weight: 4, arbitrary: pause },
  { weight: 1, arbitrary: relist },
);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test.each(FORMS)("any order of references and objects told by %s ends as a fresh start does", async (form) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(secretStep, ingressStep, settingsStep), { maxLength: 5 }),
      fc.array(step, { maxLength: 25 }),
      fc.constantFrom(0, 1, 15),
      async (before, steps, readMs) => {
        const cluster = new FollowedCluster(form, readMs);
        for (const each of before) await each(cluster);
        await using running = startController([cluster], new Translator(OPTIONS));
        await vi.advanceTimersByTimeAsync(SETTLED_MS);
        for (const each of steps) await each(cluster);
        await vi.advanceTimersByTimeAsync(SETTLED_MS);
        await using fresh = startController([new FollowedCluster(form, 1, cluster.objects)], new Translator(OPTIONS));
        await vi.advanceTimersByTimeAsync(SETTLED_MS);
        expect(stateOf(running)).toEqual(stateOf(fresh));
      },
    ),
    { numRuns: 150 },
  );
});

function stateOf({ controller, sink, problems }: ControllerHarness): unknown {
  const problemsLeft = [...problems].filter(([, each]) => each.length > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    hosts: new Map(sink.virtualHosts),
    certificates: new Map(sink.certificates),
    settings: onlyShard(sink.copy.model.settings),
    problems: problemsLeft,
    held: controller.objectCount("Secret"),
  };
}
