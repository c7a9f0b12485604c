import fc from "fast-check";

const ATOMS = [
  "a", "b", "B", "/", "x", "-", "_", "1", ".", "[a-c]", "[^/]", "[^a]", "[A-Z0-9_-]", "[]a]", "[a\\-b]", "[\\d_]", "[^\\w]", "\\d", "\\w", "\\W",
  "\\s", "\\S", "\\D", "\\.", "\\/", "\\x41", "\\x{62}", "\\x{17F}", "\\x{212A}", "\\141", "\\07", "\\pL", "\\p{Greek}", "\\P{Lu}", "[[:alpha:]]",
  "[[:^digit:]x]", "[\\pL1]", "\\n", "^", "$", "\\A", "\\z", "\\b", "\\B", "é", "[é-ü]", "µ", "ÿ", "À", "[À-Þ]", "()", "\\Qa.b\\E", "(?i)", "(?-i)", "(?s)", "(?m)", "(?U)",
  "(?i-s)", "ab", "/a", "s", "K",
]; // prettier-ignore
const REPEATS = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "{2,}", "{0}", "{0,1}", "{1}"];
const GROUPS = ["(", "(?:", "(?i:", "(?-i:", "(?s:", "(?m:", "(?U:", "(?P<n>"];

/** Patterns that are nearly always ones, of everything that RE2 knows. */
export const arbitraryPattern: fc.Arbitrary<string> = fc.letrec<{ pattern: string; item: string }>((tie) => ({
  pattern: fc
    .array(
      fc.array(tie("item"), { maxLength: 4 }).map((items) => items.join("")),
      { minLength: 1, maxLength: 3 },
    )
    .map((parts) => parts.join("|")),
  item: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...ATOMS),
    fc.tuple(fc.constantFrom(...ATOMS), fc.constantFrom(...REPEATS)).map((parts) => parts.join("")),
    fc
      .tuple(fc.constantFrom(...GROUPS), tie("pattern"), fc.constantFrom("", "", ...REPEATS))
      .map(([open, pattern, repeat]) => `${open}${pattern})${repeat}`),
  ),
})).pattern;

/** Pieces of syntax in any order: mostly no patterns. */
export const arbitraryJunk: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      ...ATOMS, ...REPEATS, ...GROUPS, ")", "|", "[", "]", "{", "}", ",", "\\", "(?", "(?=", "(?!a)", "(?<=", "(?<n>", "\\1", "\\8", "\\C", "\\Z", "\\x", "\\x{", "\\x{}", "\\x{110000}",
      "\\p", "\\p{", "\\p{None}", "[[:no:]]", "[[:", "[b-a]", "[a-", "[\\b]", "[^", "-", "{01}", "{1001}", "{2,1}", "{123456789}", "{,2}", "{2", "\\Q", "\\E", "(?P<n>", "(?P<", "(?ii)", "(?-)", "(?--i)", "(?)", "**", "{0,}",
      "{1000}", "{40,}", "\\é", "[é", "\\_", "[\\x{100}-\\x{200}]", "[^\\x{17f}]",
    ), // prettier-ignore
    { maxLength: 7 },
  )
  .map((parts) => parts.join(""));

/** Texts of one byte a character that such patterns may match. */
export const arbitraryBytes: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      "a",
      "b",
      "A",
      "B",
      "/",
      "x",
      "-",
      "_",
      "1",
      ".",
      " ",
      "\n",
      "c",
      "s",
      "k",
      "\u00c3",
      "\u00a9",
      "\u00e3",
      "\u00e9",
      "\u00b5",
      "\u00ff",
      "\u00c2",
      "\u00e0",
      "\u00c0",
    ),
    {
      maxLength: 12,
    },
  ) // prettier-ignore
  .map((parts) => parts.join(""));
