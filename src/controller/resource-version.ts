/**
 * Resource versions of one API resource are decimal numbers that only grow (Kubernetes 1.35 promises it), of any length.
 * True only when both are such numbers and `candidate` is the smaller one; other texts, such as file hashes, have no order.
 */
export function isOlderVersion(candidate: string, current: string): boolean {
  if (!isNumber(candidate) || !isNumber(current)) return false;
  return candidate.length === current.length ? candidate < current : candidate.length < current.length;
}

export function newerVersion(a: string, b: string): string {
  return isOlderVersion(a, b) ? b : a;
}

function isNumber(text: string): boolean {
  return /^(?:0|[1-9]\d*)$/.test(text);
}
