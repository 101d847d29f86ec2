import { DataError } from '../errors.ts';
import type { ConformanceMode } from './mode.ts';
import { isPairChoice, OUTCOMES, outcomeOf, rewardOfOutcome, type Outcome, type PairSides } from './outcome.ts';
import type { OutcomeCounts, PairCounts } from './reward.ts';
import { groupsOf, type GroupsBySession } from './score.ts';
import type { TaskGroup } from './task-groups.ts';

/** One judged pair of answers, with the recorded assignment. */
export interface PairJudgment extends PairSides {
  readonly sessionId: string;
  /** As the judge said it; `null` or anything but the five choices is unreadable. */
  readonly choice: string | null;
  /** Either answer was cut for the judge. */
  readonly truncated: boolean;
  /** Either answer is empty. */
  readonly empty: boolean;
}

/** How often the two orders of one pair agree: on the winner, and on the exact outcome. */
export interface PositionConsistency {
  /** Tasks that were judged in both orders, both readably. */
  readonly bothOrders: number;
  readonly sameWinner: number;
  readonly sameOutcome: number;
}

/** Counted pairs and what was left out. */
export interface CountedPairs extends PairCounts {
  readonly unreadable: number;
  readonly dropped: number;
  readonly consistency: PositionConsistency;
}

interface ReadPair {
  readonly sessionId: string;
  readonly modelIsA: boolean;
  readonly outcome: Outcome;
}

/**
 * Counts outcomes of raw pairs under a length penalty of K code points (below 0: none).
 *
 * @throws DataError `data/invalid-row` for a task without tags or, in strict mode, a pair judged twice in one order
 */
export function countPairs(
  judgments: readonly PairJudgment[],
  lengthPenaltyChars: number,
  mode: ConformanceMode,
  groupsBySession?: GroupsBySession,
): CountedPairs {
  if (mode === 'strict') refuseRepeats(judgments);
  const readable = judgments.filter(({ choice }) => choice !== null && isPairChoice(choice));
  const pairs = readable.flatMap((row) => readPair(row, lengthPenaltyChars));
  return {
    counts: tally(pairs),
    total: readable.length,
    groups: groupsBySession === undefined ? new Map() : tallyGroups(pairs, groupsBySession),
    unreadable: judgments.length - readable.length,
    dropped: readable.length - pairs.length,
    consistency: compareOrders(pairs),
  };
}

function readPair(row: PairJudgment, lengthPenaltyChars: number): ReadPair[] {
  const { sessionId, choice, modelIsA, truncated, empty } = row;
  if (truncated || empty || choice === null || !isPairChoice(choice)) return [];
  return [{ sessionId, modelIsA, outcome: outcomeOf(choice, row, lengthPenaltyChars) }];
}

function tally(pairs: readonly ReadPair[]): OutcomeCounts {
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const { outcome } of pairs) counts[outcome] += 1;
  return counts;
}

function tallyGroups(pairs: readonly ReadPair[], groupsBySession: GroupsBySession): Map<TaskGroup, OutcomeCounts> {
  const grouped = new Map<TaskGroup, ReadPair[]>();
  for (const pair of pairs) {
    for (const group of groupsOf(pair.sessionId, groupsBySession)) {
      const list = grouped.get(group);
      if (list === undefined) grouped.set(group, [pair]);
      else list.push(pair);
    }
  }
  return new Map([...grouped].map(([group, list]) => [group, tally(list)]));
}

function compareOrders(pairs: readonly ReadPair[]): PositionConsistency {
  const asA = new Map(pairs.filter(({ modelIsA }) => modelIsA).map((pair) => [pair.sessionId, pair.outcome]));
  const asB = new Map(pairs.filter(({ modelIsA }) => !modelIsA).map((pair) => [pair.sessionId, pair.outcome]));
  const both = [...asA].flatMap(([sessionId, first]) => {
    const second = asB.get(sessionId);
    return second === undefined ? [] : [{ first, second }];
  });
  const winner = (outcome: Outcome) => Math.sign(rewardOfOutcome(outcome));
  return {
    bothOrders: both.length,
    sameWinner: both.filter(({ first, second }) => winner(first) === winner(second)).length,
    sameOutcome: both.filter(({ first, second }) => first === second).length,
  };
}

function refuseRepeats(judgments: readonly PairJudgment[]): void {
  const seen = new Set<string>();
  for (const { sessionId, modelIsA } of judgments) {
    const key = `${modelIsA}:${sessionId}`;
    if (seen.has(key)) {
      throw new DataError(
        'data/invalid-row',
        `The task ${JSON.stringify(sessionId)} was judged twice with the model as ${modelIsA ? 'A' : 'B'}; keep one judgment of each order, or use --mode upstream.`,
      );
    }
    seen.add(key);
  }
}
