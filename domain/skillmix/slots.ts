import type { SkillmixOrigin } from '../synthesis/synthesis-row.ts';
import { createRandom, deriveSeed } from '../random.ts';

/** One row to be had: what is drawn for it anew when it fails are its skills; all else it keeps. */
export interface Slot {
  readonly slot: number;
  /** Skills of a combination. */
  readonly size: number;
  /** Id of its query type. */
  readonly queryType: string;
  readonly quality: SkillmixOrigin['quality'];
}

export interface SlotRules {
  readonly numRows: number;
  readonly seed: number;
  /** Sizes of combinations, each for an equal part of the rows. */
  readonly sizes: readonly number[];
  /** Ids. */
  readonly queryTypes: readonly string[];
  readonly lowQuality: { readonly kind: 'brevity' | 'junk'; readonly share: number } | null;
}

/**
 * Lays out the rows of a dataset: sizes and query types in equal parts, exact to within one row, and an exact share of
 * answers that are spoiled for an ablation, all in an order of their own.
 *
 * @source Instruct-SkillMix (arXiv 2408.14774), repository: its list of types is doubled, shuffled and cut, so that types
 *   have 44 to 73 of 1,000 rows; its spoiled rows come first in the file
 */
export function layOutSlots({ numRows, seed, sizes, queryTypes, lowQuality }: SlotRules): readonly Slot[] {
  const spoiled = lowQuality === null ? 0 : Math.round(lowQuality.share * numRows);
  const draw = (what: string) => createRandom(deriveSeed(['skillmix-slots', what, seed]));
  const size_R = balance(sizes, numRows, draw('sizes'));
  const type_R = balance(queryTypes, numRows, draw('types'));
  const quality_R = shuffle(
    Array.from({ length: numRows }, (_, row) => (row < spoiled ? (lowQuality?.kind ?? 'clean') : 'clean')),
    draw('quality'),
  );
  return Array.from({ length: numRows }, (_, slot) => ({
    slot,
    size: size_R[slot] as number,
    queryType: type_R[slot] as string,
    quality: quality_R[slot] as Slot['quality'],
  }));
}

/** Each value equally often, give or take one, in random order; who gets one more is random too. */
function balance<Value>(values: readonly Value[], count: number, random: () => number): readonly Value[] {
  const inTurn = shuffle(values, random);
  return shuffle(
    Array.from({ length: count }, (_, index) => inTurn[index % inTurn.length] as Value),
    random,
  );
}

function shuffle<Value>(values: readonly Value[], random: () => number): readonly Value[] {
  const shuffled = [...values];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as Value, shuffled[last] as Value];
  }
  return shuffled;
}
