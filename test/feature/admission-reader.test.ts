import { describe, expect, onTestFinished, test } from "vitest";
import { MAX_ANNOTATIONS, MAX_PARTS, readReview } from "../../src/controller/admission/read-review.ts";
import { ReviewReader, type ReviewReaderOptions } from "../../src/controller/admission/review-reader.ts";

const SILENT = new URL("../support/clients/silent-reader.ts", import.meta.url);

function aReader(options: ReviewReaderOptions): ReviewReader {
  const reader = new ReviewReader(options);
  onTestFinished(() => reader.close());
  return reader;
}

function reviewOf(paths: number, more: Readonly<Record<string, unknown>> = {}): string {
  const kind = { group: "networking.k8s.io", version: "v1", kind: "Ingress" };
  const backend = { service: { name: "web", port: { number: 80 } } };
  const list = Array.from({ length: paths }, (_, i) => ({ path: `/p-${i}`, pathType: "Prefix", backend }));
  const object = {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "web", namespace: "shop", labels: { a: "b" }, ...more },
    spec: { rules: [{ host: "shop.example", http: { paths: list } }] },
  };
  const request = { uid: "42", operation: "CREATE", kind, namespace: "shop", object };
  return JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request });
}

/** In two pieces, as from a socket. */
function chunksOf(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text, "utf8");
  return [bytes.subarray(0, 7), bytes.subarray(7)];
}

describe("reading a review", () => {
  test("gives the same in a thread as at once", async () => {
    const text = reviewOf(20, { annotations: { "kubernetes.io/ingress.class": "ngin\u00fc" } });
    const atOnce = await aReader({ ownLimitBytes: 1_000_000 }).read(chunksOf(text));
    const inThread = await aReader({ ownLimitBytes: 100 }).read(chunksOf(text));
    expect(atOnce.ok && atOnce.value.ingress?.spec.rules[0]?.paths?.length).toBe(20);
    expect(inThread).toEqual(atOnce);
  });

  test("a thread answers one after the other, and whoever asks when it is gone gets a new one", async () => {
    const reader = aReader({ ownLimitBytes: 1 });
    const counts = [1, 2, 3];
    const both = await Promise.all(counts.map((count) => reader.read(chunksOf(reviewOf(count)))));
    expect(both.map((read) => read.ok && read.value.ingress?.spec.rules[0]?.paths?.length)).toEqual(counts);
    reader.close();
    expect((await reader.read(chunksOf(reviewOf(1)))).ok).toBe(true);
  });

  test.each([1, 1_000_000])("what is no review is the asker's fault (%i)", async (ownLimitBytes) => {
    const read = await aReader({ ownLimitBytes }).read(chunksOf('{"kind":"Pod"}'));
    expect(read).toMatchObject({ ok: false, error: { status: 400 } });
  });

  test("a text that takes too long is given up, with all that wait behind it", async () => {
    const reader = aReader({ ownLimitBytes: 1, deadlineMs: 50, entry: SILENT });
    const reads = await Promise.all([reader.read(chunksOf("slow")), reader.read(chunksOf("next"))]);
    const error = { status: 503, message: "the review could not be read within 50 ms" };
    expect(reads).toEqual([
      { ok: false, error },
      { ok: false, error },
    ]);
  });

  test("a thread that dies costs its reviews and nothing else", async () => {
    const read = await aReader({ ownLimitBytes: 1, entry: SILENT }).read(chunksOf("please die"));
    expect(read).toEqual({ ok: false, error: { status: 503, message: "the review could not be read" } });
  });

  test("no more than 16 large ones wait", async () => {
    const reader = aReader({ ownLimitBytes: 1, entry: SILENT });
    const waiting = Array.from({ length: 16 }, () => reader.read(chunksOf("slow")));
    expect(await reader.read(chunksOf("one more"))).toMatchObject({ ok: false, error: { status: 503 } });
    reader.close();
    expect(await Promise.all(waiting)).toHaveLength(16);
  });
});

describe("what is read of an Ingress", () => {
  test("is what is judged: no labels, no status", () => {
    const read = readReview(reviewOf(1));
    expect(read.ok && read.value.ingress?.meta.labels.size).toBe(0);
  });

  test("is only whose it is where it has too many parts", () => {
    const annotations = Object.fromEntries(Array.from({ length: MAX_ANNOTATIONS + 1 }, (_, i) => [`x/${i}`, ""]));
    const overdone = readReview(reviewOf(1, { annotations }));
    expect(overdone.ok && overdone.value.oversized).toContain("may have 1000 annotations, this one has 1001");
    const read = readReview(reviewOf(MAX_PARTS, { annotations: { "kubernetes.io/ingress.class": "nginx", x: "y" } }));
    expect(read).toMatchObject({ ok: true, value: { name: "web", ingress: { spec: { rules: [] } } } });
    expect(read.ok && read.value.oversized).toContain(`may have ${MAX_PARTS} rules, paths`);
    expect(read.ok && [...(read.value.ingress?.meta.annotations.keys() ?? [])]).toEqual([
      "kubernetes.io/ingress.class",
    ]);
  });
});
