import { type Document, isAlias, isMap, isSeq } from "yaml";

/** Values that aliases and merge keys may add to what one document says; more is an attempt to blow it up. */
const MAX_ADDED = 1_000_000;

/** True for a document whose aliases and merge keys unfold to far more than it says, told before anything is unfolded. */
export function unfoldsTooFar(document: Document): boolean {
  const counting: Counting = { document, counts: new Map(), written: 0 };
  return countValues(counting, document.contents) - counting.written > MAX_ADDED;
}

interface Counting {
  readonly document: Document;
  /** What was counted already; infinite while it is being counted, which makes a value inside itself infinite too. */
  readonly counts: Map<object, number>;
  /** Values that are there in the text, each once. */
  written: number;
}

function countValues(counting: Counting, value: unknown): number {
  const node = isAlias(value) ? value.resolve(counting.document) : value;
  const known = isMap(node) || isSeq(node) ? counting.counts.get(node) : undefined;
  if (known !== undefined) return known;
  counting.written++;
  if (!isMap(node) && !isSeq(node)) return 1;
  counting.counts.set(node, Number.POSITIVE_INFINITY);
  const items = isMap(node) ? node.items.map((pair) => pair.value) : node.items;
  let count = 1;
  for (const item of items) count += countValues(counting, item);
  counting.counts.set(node, count);
  return count;
}
