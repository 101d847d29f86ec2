import { createCombinationDraw, type DrawPart } from './combinations.ts';
import type { PlannedPair } from './result.ts';
import type { SlotOutcome } from './settle-wave.ts';
import type { Slot } from './slots.ts';

/** What combinations are drawn from. */
export interface DrawRules {
  readonly names: readonly string[];
  readonly seed: number;
  readonly part: DrawPart;
  readonly heldOutShare: number;
}

/**
 * Draws a combination for every slot that has no row yet. Draws go on where those of the earlier waves ended, so that no
 * combination comes again before all were drawn.
 *
 * @throws DataError `data/too-few-skills`
 */
export function planWave(
  slots: readonly Slot[],
  earlier: readonly SlotOutcome[],
  { names, seed, part, heldOutShare }: DrawRules,
): readonly PlannedPair[] {
  const filled = new Set(earlier.flatMap(({ slot, failed }) => (failed === null ? [slot] : [])));
  const tries = new Map<number, number>();
  for (const { slot } of earlier) tries.set(slot, (tries.get(slot) ?? 0) + 1);
  const draws = new Map(
    [...new Set(slots.map(({ size }) => size))].map((size) => {
      const draw = createCombinationDraw({ names, size, part, heldOutShare }, seed);
      for (const outcome of earlier) if (outcome.size === size) draw();
      return [size, draw];
    }),
  );
  return slots
    .filter(({ slot }) => !filled.has(slot))
    .map((slot) => ({ ...slot, redraw: tries.get(slot.slot) ?? 0, skills: draws.get(slot.size)?.() ?? [] }));
}
