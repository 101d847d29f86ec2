import type { BootstrapOptions } from '../../bootstrap.ts';
import type { Verdict } from '../../checklist.ts';
import { countBroken } from '../../completion.ts';
import { compareVerdicts } from '../../refine/decide-turn.ts';
import type { RefineLoop, Refinement, TurnRecord } from '../../refine/refinement.ts';
import { meanChange, meanOfRates, type Rates } from '../pair-rates.ts';
import { countEach, countUndecided, tallyVerdicts } from '../tally-verdicts.ts';
import type { ItemFlips, LoopResult, PlainMean, RefineTurn, TurnedDownReason } from './refine-report.ts';

/** How a loop was run. */
export interface LoopSettings {
  readonly turnLimit: number;
  /** Whether the checklist stays the same from turn to turn. */
  readonly isFixed: boolean;
  readonly bootstrap: BootstrapOptions;
}

/** The numbers of one loop over its refinements. */
export function measureLoop(loop: RefineLoop, refinements: readonly Refinement[], settings: LoopSettings): LoopResult {
  const { turnLimit, isFixed, bootstrap } = settings;
  const records = refinements.flatMap(({ turns_T }) => turns_T);
  const first = ratesAt(refinements, 0, 'goldPassRate');
  const gold_I = records.flatMap((record) => record.gold_I);
  const verdicts_I = records.flatMap((record) => record.verdicts_I);
  const turnedDown = refinements.flatMap(({ turnedDown, stopReason }) =>
    turnedDown === null ? [] : [stopReason as TurnedDownReason],
  );
  return {
    loop,
    prompts: refinements.length,
    answered: refinements.filter(({ turns_T }) => turns_T.length > 0).length,
    turns: Array.from({ length: turnLimit + 1 }, (_, turn) => measureTurn(refinements, turn, first, bootstrap)),
    returned: {
      gold: meanOfRates(returnedRates(refinements, 'goldPassRate'), bootstrap),
      change: meanChange(first, returnedRates(refinements, 'goldPassRate'), bootstrap),
      judge: plainMean(returnedRates(refinements, 'passRate')),
    },
    stopReasons: countEach(refinements.map(({ stopReason }) => stopReason)),
    rewritesAsked: refinements.reduce((sum, { turns_T }) => sum + Math.max(0, turns_T.length - 1), turnedDown.length),
    turnedDown: countEach(turnedDown),
    answers: records.length,
    ...countBroken(records.map(({ finishReason }) => finishReason)),
    goldVerdicts: gold_I.length === 0 ? null : tallyVerdicts(gold_I),
    goldUndecided: countUndecided(records),
    judgeVerdicts: verdicts_I.length === 0 ? null : tallyVerdicts(verdicts_I),
    goldFlips: gold_I.length === 0 ? null : countFlips(refinements, (record) => record.gold_I),
    judgeFlips: verdicts_I.length === 0 || !isFixed ? null : countFlips(refinements, (record) => record.verdicts_I),
  };
}

function measureTurn(
  refinements: readonly Refinement[],
  turn: number,
  first: Rates,
  bootstrap: BootstrapOptions,
): RefineTurn {
  const gold = ratesAt(refinements, turn, 'goldPassRate');
  const made = refinements.flatMap(({ turns_T }) => turns_T.filter((record) => record.turn === turn));
  return {
    turn,
    gold: meanOfRates(gold, bootstrap),
    change: turn === 0 ? null : meanChange(first, gold, bootstrap),
    judge: plainMean(ratesAt(refinements, turn, 'passRate')),
    newAnswers: made.length,
    ...countBroken(made.map(({ finishReason }) => finishReason)),
  };
}

/** Pass rate of what each prompt's answer is at a turn: its last one, where it had stopped before. */
export function ratesAt(refinements: readonly Refinement[], turn: number, measure: 'passRate' | 'goldPassRate'): Rates {
  return ratesOf(refinements, ({ turns_T }) => turns_T.findLast((record) => record.turn <= turn), measure);
}

/** Pass rate of what each prompt's loop returned. */
export function returnedRates(refinements: readonly Refinement[], measure: 'passRate' | 'goldPassRate'): Rates {
  return ratesOf(
    refinements,
    ({ turns_T, returnedTurn }) => turns_T.find((record) => record.turn === returnedTurn),
    measure,
  );
}

function ratesOf(
  refinements: readonly Refinement[],
  recordOf: (refinement: Refinement) => TurnRecord | undefined,
  measure: 'passRate' | 'goldPassRate',
): Rates {
  return new Map(
    refinements.flatMap((refinement) => {
      const rate = recordOf(refinement)?.[measure] ?? null;
      return rate === null ? [] : [[refinement.promptId, rate] as const];
    }),
  );
}

function plainMean(rates: Rates): PlainMean | null {
  if (rates.size === 0) return null;
  return { mean: [...rates.values()].reduce((sum, rate) => sum + rate, 0) / rates.size, n: rates.size };
}

/** Summed over every step from one kept answer to the next. */
function countFlips(
  refinements: readonly Refinement[],
  verdictsOf: (record: TurnRecord) => readonly Verdict[],
): ItemFlips {
  let flips: ItemFlips = { gained: 0, failedBefore: 0, lost: 0, passedBefore: 0 };
  for (const { turns_T } of refinements) {
    for (const [index, record] of turns_T.entries()) {
      const previous = turns_T[index - 1];
      if (previous !== undefined) flips = addFlips(flips, verdictsOf(previous), verdictsOf(record));
    }
  }
  return flips;
}

function addFlips(flips: ItemFlips, before_I: readonly Verdict[], after_I: readonly Verdict[]): ItemFlips {
  const { gained, lost } = compareVerdicts(before_I, after_I);
  const decidedAgain = (answer: Verdict['answer']) =>
    after_I.filter((after, index) => before_I[index]?.answer === answer && after.answer !== 'unparsed').length;
  return {
    gained: flips.gained + gained.length,
    failedBefore: flips.failedBefore + decidedAgain('no'),
    lost: flips.lost + lost.length,
    passedBefore: flips.passedBefore + decidedAgain('yes'),
  };
}
