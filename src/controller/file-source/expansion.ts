import { type Document, isAlias, isMap, isSeq } from "yaml";

/** Values that one document may unfold to through aliases and merge keys; more is an attempt to blow it up. */
const MAX_VALUES = 1_000_000;

/** True for a document whose aliases and merge keys unfold to more than a file of that size says, before anything is unfolded. */
export function unfoldsTooFar(document: Document): boolean {
  return countValues({ document, counts: new Map() }, document.contents) > MAX_VALUES;
}

interface Counting {
  readonly document: Document;
  /** What was counted already; infinite while it is being counted, which makes a value inside itself infinite too. */
  readonly counts: Map<object, number>;
}

function countValues(counting: Counting, value: unknown): number {
  const node = isAlias(value) ? value.resolve(counting.document) : value;
  if (!isMap(node) && !isSeq(node)) return 1;
  const known = counting.counts.get(node);
  if (known !== undefined) return known;
  counting.counts.set(node, Number.POSITIVE_INFINITY);
  const items = isMap(node) ? node.items.map((pair) => pair.value) : node.items;
  let count = 1;
  for (const item of items) count += countValues(counting, item);
  counting.counts.set(node, count);
  return count;
}
