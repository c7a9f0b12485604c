/**
 * What one pattern, one Ingress and one host may cost. Sizes are counted in steps of the automaton: one for each character that must
 * match, with everything that is repeated so many times counted so many times. A thousand ordinary paths are forty thousand or so.
 */
export const PATTERN_LIMITS = {
  /** Bytes of a pattern's text. */
  textBytes: 4096,
  /** Groups in groups. */
  depth: 200,
  patternSteps: 2000,
  objectSteps: 100_000,
  hostSteps: 100_000,
} as const;

/**
 * Steps that one request may make in all that it asks of patterns, beyond looking up what is known: two milliseconds or three. An
 * ordinary request makes some hundred the first time and none after that.
 */
export const REQUEST_STEPS = 150_000;

/**
 * What a request may still spend on patterns. One decision about a request uses one for all its questions, so that no number
 * of patterns or of readings of a path costs more. Below zero it is spent.
 */
export interface PatternWork {
  patternStepsLeft: number;
}

export function newWork(): PatternWork {
  return { patternStepsLeft: REQUEST_STEPS };
}
