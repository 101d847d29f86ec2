import type { Verdict, Votes } from '../checklist.ts';
import { unparsed } from './unreadable.ts';

/** How many of the verdicts say what. */
export function countAnswers(verdicts: readonly Pick<Verdict, 'answer'>[]): Votes {
  const votes = { yes: 0, no: 0, unparsed: 0 };
  for (const { answer } of verdicts) votes[answer] += 1;
  return votes;
}

/**
 * The fewest further votes that can decide an item; 0 when the rest cannot change the majority, or when all have been
 * asked for.
 */
export function votesStillNeeded({ yes, no, unparsed }: Votes, wanted: number): number {
  const remaining = wanted - yes - no - unparsed;
  const [more, less] = yes > no ? [yes, no] : [no, yes];
  if (remaining <= 0 || more > less + remaining) return 0;
  // With n further votes for the leading side it is decided once more + n > less + (remaining - n).
  return Math.min(remaining, Math.floor((less + remaining - more) / 2) + 1);
}

/**
 * The majority of the readable votes; as many yes as no is a tie, which is no verdict.
 *
 * @param isComplete false when voting may have stopped once the majority was certain: the share of yes votes would then be
 *   biased towards 0 and 1, and is not given.
 * @source TICK (arXiv 2410.03608) §3: Maj@K, K in 1, 5, 15
 */
export function combineVotes(readings: readonly Verdict[], isComplete: boolean): Verdict {
  const votes = countAnswers(readings);
  const { yes, no } = votes;
  const record = {
    ...(isComplete && yes + no > 0 ? { probability: yes / (yes + no) } : {}),
    ...sumSecondCalls(readings),
    votes,
  };
  if (yes === no) {
    const last = readings.at(-1) ?? unparsed('empty', 'no vote');
    return yes === 0
      ? { ...last, votes }
      : {
          ...unparsed('tied', `${yes} votes for yes, ${no} for no, ${votes.unparsed} unreadable`),
          ...record,
        };
  }
  const answer = yes > no ? 'yes' : 'no';
  const reason = readings.find((reading) => reading.answer === answer)?.reason ?? '';
  return { answer, by: 'judge', reason, ...record };
}

/** How many votes of all these verdicts a second call gave; nothing where none. */
export function sumSecondCalls(verdicts: readonly Verdict[]): Pick<Verdict, 'secondCalls'> {
  const secondCalls = verdicts.reduce((sum, verdict) => sum + (verdict.secondCalls ?? 0), 0);
  return secondCalls === 0 ? {} : { secondCalls };
}
