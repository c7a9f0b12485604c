/** The most of these moments (in order) that lie within a stretch of so many milliseconds, both ends included. */
export function mostWithin(momentsMs: readonly number[], windowMs: number): number {
  let first = 0;
  let most = 0;
  momentsMs.forEach((momentMs, index) => {
    // Moments are sums of fractions: two that differ by less than this are a window apart.
    while (momentMs - (momentsMs[first] ?? 0) > windowMs - 1e-6 && first < index) first++;
    most = Math.max(most, index - first + 1);
  });
  return most;
}
