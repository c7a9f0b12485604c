const PLAIN = /^[A-Za-z0-9/_~,:@%&=!;'"<> -]$/;

/** The leading characters of a pattern that stand for themselves; the last one is left out when a quantifier follows. */
export function plainBeginning(pattern: string): string {
  let end = 0;
  while (end < pattern.length && PLAIN.test(pattern.charAt(end))) end++;
  const quantified = end < pattern.length && "*+?{".includes(pattern.charAt(end));
  return pattern.slice(0, quantified ? Math.max(0, end - 1) : end);
}
