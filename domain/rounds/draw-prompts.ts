import { deriveSeed } from '../random.ts';

/** What a draw depends on, and nothing else: the same draw comes out after any restart. */
export interface PromptDraw {
  /** Seed of the run. */
  readonly seed: number;
  /** How often earlier rounds used each prompt, by id; a prompt that is missing was never used. */
  readonly uses: ReadonlyMap<string, number>;
  /** Prompts that the round has already: it never draws one twice. */
  readonly taken: ReadonlySet<string>;
  /** Fewer come back when the set has no more. */
  readonly count: number;
}

/**
 * The next prompts of a set: those used least often, in an order that the seed shuffles anew each time the set is used up.
 * So no prompt is used a second time before all were used once, and none is left out.
 */
export function drawPrompts<Row extends { readonly promptId: string }>(
  rows: readonly Row[],
  { seed, uses, taken, count }: PromptDraw,
): readonly Row[] {
  return rows
    .filter(({ promptId }) => !taken.has(promptId))
    .map((row, index) => {
      const used = uses.get(row.promptId) ?? 0;
      return { row, index, used, rank: deriveSeed([seed, 'draw', used, row.promptId]) };
    })
    .toSorted((a, b) => a.used - b.used || a.rank - b.rank || a.index - b.index)
    .slice(0, count)
    .map(({ row }) => row);
}

/** How often each prompt occurs in lists of prompts. */
export function countUses(drawn: readonly (readonly { readonly promptId: string }[])[]): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const { promptId } of drawn.flat()) uses.set(promptId, (uses.get(promptId) ?? 0) + 1);
  return uses;
}

/**
 * How many further prompts a round draws, so that as many groups have a signal as it has prompts of its own.
 *
 * @source DAPO (arXiv 2503.14476) §3.2, dynamic sampling
 */
export function countMissingPrompts(round: {
  /** Prompts that the round began with. */
  readonly planned: number;
  /** Prompts that were drawn in all, and those of them whose groups have a signal. */
  readonly drawn: number;
  readonly withSignal: number;
  /** Most prompts beyond the planned ones. */
  readonly budget: number;
}): number {
  const missing = round.planned - round.withSignal;
  const left = round.budget - (round.drawn - round.planned);
  return Math.max(0, Math.min(missing, left));
}
