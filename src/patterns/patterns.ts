/** Door of the path patterns: what one text means as a pattern, said once for translation, webhook and router. */
export { checkPathPattern, compileCaptures, compilePathPattern } from "./path-pattern.ts";
