/** The middle value; the mean of the two middle ones of an even number; NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear between the two nearest values; `share` from 0 to 1; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** What one round of one measurement gave; null where it failed or was not taken. */
export type Rounds = readonly (number | null)[];

/** The values of the rounds that have one. */
export function present(rounds: Rounds): readonly number[] {
  return rounds.filter((value) => value !== null);
}

/** Each round's value by the base's of the same round; rounds that lack one of them give nothing. */
export function ratios(rounds: Rounds, base: Rounds): readonly number[] {
  return pairs(rounds, base).map(([value, other]) => value / other);
}

/** Each round's value less the base's of the same round. */
export function differences(rounds: Rounds, base: Rounds): readonly number[] {
  return pairs(rounds, base).map(([value, other]) => value - other);
}

function pairs(rounds: Rounds, base: Rounds): readonly (readonly [number, number])[] {
  return rounds.flatMap((value, round) => {
    const other = base[round] ?? null;
    return value === null || other === null ? [] : [[value, other] as const];
  });
}
