import { DataError } from '../errors.ts';
import { createRandom, deriveSeed } from '../random.ts';

/** Combinations are of one part or the other for good, whatever the seed of a run. */
export type DrawPart = 'train' | 'held-out';

/** Which combinations may be drawn. */
export interface CombinationSpace {
  /** Distinct. */
  readonly names: readonly string[];
  /** Skills of a combination, in [1, 4]. */
  readonly size: number;
  readonly part: DrawPart;
  /** Share of all combinations that is held out, in [0, 1). */
  readonly heldOutShare: number;
}

const HASH_SLOTS = 1_000_000;

/**
 * Draws combinations at random, each once before any comes again. Names are without replacement within one.
 *
 * @throws DataError `data/too-few-skills` where the part has no combination
 * @source Instruct-SkillMix (arXiv 2408.14774) and its repository draw by line and with replacement across data: 1 in 5,000
 *   of their pairs can hold one skill twice, and ours can't
 */
export function createCombinationDraw(space: CombinationSpace, seed: number): () => readonly string[] {
  const names = space.names.toSorted();
  const total = binomial(names.length, space.size);
  let pass = newPass(0);
  function newPass(number: number) {
    const random = createRandom(deriveSeed(['skillmix-combinations', seed, space.size, number]));
    return { number, drawn: 0, found: 0, moved: new Map<number, number>(), random };
  }
  /** One step of Fisher and Yates over all indices, of which only the moved ones are kept. */
  const nextIndex = (): number => {
    const { moved, random, drawn } = pass;
    const other = drawn + Math.floor(random53(random) * (total - drawn));
    const index = moved.get(other) ?? other;
    moved.set(other, moved.get(drawn) ?? drawn);
    moved.delete(drawn);
    pass.drawn += 1;
    return index;
  };
  return () => {
    for (;;) {
      if (pass.drawn === total) {
        if (pass.found === 0) throw new DataError('data/too-few-skills', describeEmpty(space));
        pass = newPass(pass.number + 1);
      }
      const combination = combinationAt(names, space.size, nextIndex());
      if (partOf(combination, space.heldOutShare) !== space.part) continue;
      pass.found += 1;
      return combination;
    }
  };
}

/** The part that a combination belongs to: by its names alone, so that two runs never share one across parts. */
export function partOf(combination: readonly string[], heldOutShare: number): DrawPart {
  const slot = deriveSeed(['skillmix-part', ...combination.toSorted()]) % HASH_SLOTS;
  return slot < heldOutShare * HASH_SLOTS ? 'held-out' : 'train';
}

/** Combinations of so many of n names; exact below 2^53. */
export function binomial(n: number, size: number): number {
  if (size > n) return 0;
  let result = 1;
  for (let i = 1; i <= size; i += 1) result = Math.round((result * (n - size + i)) / i);
  return result;
}

/** The combination with this index in lexicographic order. */
function combinationAt(names: readonly string[], size: number, index: number): readonly string[] {
  const chosen: string[] = [];
  let rest = index;
  for (let at = 0; chosen.length < size; at += 1) {
    const withThis = binomial(names.length - at - 1, size - chosen.length - 1);
    if (rest < withThis) chosen.push(names[at] as string);
    else rest -= withThis;
  }
  return chosen;
}

/** A number in [0, 1) with 53 random bits: there may be more combinations than 32 bits tell apart. */
function random53(random: () => number): number {
  return (Math.floor(random() * 2 ** 26) * 2 ** 27 + Math.floor(random() * 2 ** 27)) / 2 ** 53;
}

function describeEmpty({ names, size, part, heldOutShare }: CombinationSpace): string {
  return `No combination of ${size} of the ${names.length} skills is in the part "${part}" (draw.heldOutShare ${heldOutShare}): add skills, lower draw.skills or change draw.heldOutShare.`;
}
