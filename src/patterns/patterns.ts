/** Door of the patterns that users write: what a text means, said once for all, bounded, and run in linear time within a budget. */
export { NO_MATCH, OVER_BUDGET } from "./automaton.ts";
export type { CaseMode } from "./byte-set.ts";
export { newWork, PATTERN_LIMITS, type PatternWork, REQUEST_STEPS } from "./limits.ts";
export { parsePattern } from "./parse.ts";
export { compilePathPattern, PathPatternList } from "./path-list.ts";
export { checkPathPattern, compileCaptures, type PathReading } from "./path-pattern.ts";
export { certainBeginning } from "./pattern-cover.ts";
export { PatternList } from "./pattern-list.ts";
