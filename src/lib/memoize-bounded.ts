/**
 * A function of text that remembers what it gave, for text that repeats. What it remembers is thrown away as a whole when there is too
 * much of it, so that invented text costs nothing lasting.
 */
export function memoizeBounded<T extends {}>(limitEntries: number, find: (text: string) => T): (text: string) => T {
  const found = new Map<string, T>();
  return (text) => {
    const known = found.get(text);
    if (known !== undefined) return known;
    if (found.size >= limitEntries) found.clear();
    const result = find(text);
    found.set(text, result);
    return result;
  };
}
