import { wordsOf } from '../../bolt/word-grams.ts';
import type { Pair } from '../../skillmix/pair.ts';
import { TURNS, type PairResult, type Turn } from '../../skillmix/result.ts';
import { countFailures, type SlotOutcome } from '../../skillmix/settle-wave.ts';
import { inWords } from '../../skillmix/skill-name.ts';

/** How long texts are, in words. */
export interface WordLengths {
  readonly n: number;
  readonly mean: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What became of the replies of one turn. */
export interface TurnTally {
  readonly turn: Turn;
  readonly replies: number;
  readonly unread: number;
  /** Of the replies, those to the wish for a shorter whole one. */
  readonly rewrites: number;
  readonly faults: readonly { readonly fault: string; readonly count: number }[];
}

/** Counts over all pairs that were tried, and over those that are rows. */
export interface PairMeasures {
  readonly pairs: number;
  /** Pairs that are rows, duplicates left out. */
  readonly rows: number;
  readonly redrawn: number;
  /** Combinations that the teacher would not put into one message. */
  readonly refusedCombinations: number;
  readonly failures: readonly { readonly failed: string; readonly count: number }[];
  readonly turns: readonly TurnTally[];
  /** Over rows: distinct skills and combinations of them. */
  readonly skillsUsed: number;
  readonly combinations: number;
  readonly sameCombination: number;
  readonly queryTypes: readonly { readonly queryType: string; readonly rows: number }[];
  readonly sizes: readonly { readonly size: number; readonly rows: number }[];
  readonly qualities: readonly { readonly quality: string; readonly rows: number }[];
  /** `null` without rows. */
  readonly instructionWords: WordLengths | null;
  readonly responseWords: WordLengths | null;
  /** Rows whose message holds the words of one of its skills. */
  readonly namingSkill: number;
  /** Over pairs that were refined. */
  readonly refined: {
    readonly pairs: number;
    readonly unchanged: number;
    readonly onlyPraise: number;
    /** Mean shares of changed words; `null` without such pairs. */
    readonly instruction: number | null;
    readonly response: number | null;
  };
  /** Verdicts of the gate. */
  readonly gate: { readonly refined: number; readonly draft: number; readonly unreadable: number };
  /** Mean of examples that prompts had room for; `null` without pairs. */
  readonly examples: number | null;
}

/** Measures the results of a run; those of a wave that is not settled count as rows where they ended well. */
export function measurePairs(results: readonly PairResult[], outcomes: readonly SlotOutcome[]): PairMeasures {
  const failed = new Map(outcomes.map((outcome) => [outcome.rowId, outcome.failed]));
  const states = results.map((result) => ({ result, failed: failed.get(result.rowId) ?? ownFailure(result) }));
  const rows = states.flatMap(({ result, failed: why }) =>
    why === null && result.end.ok ? [{ ...result, pair: result.end.pair }] : [],
  );
  const combinations = tally(rows.map(({ skills }) => skills.toSorted().join(' ')));
  return {
    pairs: results.length,
    rows: rows.length,
    redrawn: results.filter(({ redraw }) => redraw > 0).length,
    refusedCombinations: states.filter(({ failed: why }) => why === 'draft/cannot-combine').length,
    failures: countFailures(states),
    turns: TURNS.flatMap((turn) => tallyTurn(turn, results)),
    skillsUsed: new Set(rows.flatMap(({ skills }) => skills)).size,
    combinations: combinations.length,
    sameCombination: rows.length - combinations.length,
    queryTypes: tally(rows.map(({ queryType }) => queryType)).map(([queryType, count]) => ({ queryType, rows: count })),
    sizes: tally(rows.map(({ size }) => size)).map(([size, count]) => ({ size, rows: count })),
    qualities: tally(rows.map(({ quality }) => quality)).map(([quality, count]) => ({ quality, rows: count })),
    instructionWords: measureLengths(rows.map(({ pair }) => pair.instruction)),
    responseWords: measureLengths(rows.map(({ pair }) => pair.response)),
    namingSkill: rows.filter(({ pair, skills }) => namesSkill(pair, skills)).length,
    refined: measureRefined(results),
    gate: {
      refined: results.filter(({ gate }) => gate === 'refined').length,
      draft: results.filter(({ gate }) => gate === 'draft').length,
      unreadable: results.filter(({ gate }) => gate === 'unreadable').length,
    },
    examples: mean(results.map(({ examples }) => examples)),
  };
}

function ownFailure({ end }: PairResult): string | null {
  return end.ok ? null : `${end.turn}/${end.fault}`;
}

function tallyTurn(turn: Turn, results: readonly PairResult[]): readonly TurnTally[] {
  const replies = results.flatMap((result) => result.replies.filter((reply) => reply.turn === turn));
  if (replies.length === 0) return [];
  const faults = tally(replies.flatMap(({ fault }) => fault ?? []));
  return [
    {
      turn,
      replies: replies.length,
      unread: replies.filter(({ fault }) => fault !== null).length,
      rewrites: replies.filter(({ isRewrite }) => isRewrite).length,
      faults: faults.map(([fault, count]) => ({ fault, count })).toSorted((a, b) => b.count - a.count),
    },
  ];
}

function measureRefined(results: readonly PairResult[]): PairMeasures['refined'] {
  const changes = results.flatMap(({ change }) => change ?? []);
  return {
    pairs: changes.length,
    unchanged: changes.filter(({ unchanged }) => unchanged).length,
    onlyPraise: results.filter(({ critique }) => critique?.onlyPraise === true).length,
    instruction: mean(changes.map(({ instruction }) => instruction)),
    response: mean(changes.map(({ response }) => response)),
  };
}

function namesSkill({ instruction }: Pair, skills: readonly string[]): boolean {
  const text = ` ${wordsOf(instruction).join(' ')} `;
  return skills.some((skill) => text.includes(` ${inWords(skill)} `));
}

function measureLengths(texts: readonly string[]): WordLengths | null {
  const lengths = texts.map((text) => text.split(/\s+/).filter((word) => word !== '').length).toSorted((a, b) => a - b);
  const average = mean(lengths);
  if (average === null) return null;
  const middle = lengths.length / 2;
  const at = (index: number) => lengths[index] ?? 0;
  const median = lengths.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
  return { n: lengths.length, mean: average, median, min: at(0), max: at(lengths.length - 1) };
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How often each value occurs, in order of the values. */
function tally<Value extends string | number>(values: readonly Value[]): readonly (readonly [Value, number])[] {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
