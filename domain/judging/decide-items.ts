import type { UnparsedCause, Verdict } from '../checklist.ts';
import { createRandom } from '../random.ts';
import { settleAll } from '../settle-all.ts';
import { itemsPerCall, readingsWanted, type JudgeMethod } from './judge-method.ts';
import { combineScores } from './score-mode.ts';
import { combineVotes, countAnswers, votesStillNeeded } from './votes.ts';

/** Which reading of an item a call is for: the vote (or sample), and which try at it. Both count from 0. */
export interface ReadingPlace {
  readonly vote: number;
  readonly attempt: number;
}

/** What one call brought: one verdict a question, in order. */
export interface AskedItems {
  readonly verdicts: readonly Verdict[];
  /** True when the server itself refused the call: it would refuse it again. */
  readonly isRefused: boolean;
}

/** Asks a judge about some questions on one answer. */
export type AskJudge = (questions: readonly string[], place: ReadingPlace) => Promise<AskedItems>;

/** Does not depend on the seed: asked again, the judge would say the same. */
const FINAL_CAUSES: ReadonlySet<UnparsedCause> = new Set(['too-long', 'low-label-mass', 'tied']);

/**
 * Decides the items of one answer by one judge: as many votes as the method wants, no more than are needed when it stops
 * early, each with its tries. Votes that are needed for certain are asked for together.
 *
 * @param questions no two equal
 * @param orderSeed of the order of the questions in a call, by vote and attempt
 * @returns one verdict a question, in order; they don't depend on that order
 */
export async function decideItems(
  method: JudgeMethod,
  questions: readonly string[],
  ask: AskJudge,
  orderSeed: (place: ReadingPlace) => number,
): Promise<readonly Verdict[]> {
  const wanted = readingsWanted(method);
  const readings = new Map(questions.map((question) => [question, [] as Verdict[]]));
  const neededFor = (question: string): number => {
    const taken = readings.get(question) ?? [];
    return method.mode !== 'score' && method.stopEarly
      ? votesStillNeeded(countAnswers(taken), wanted)
      : wanted - taken.length;
  };
  for (let asked = 0; asked < wanted;) {
    const open = questions.filter((question) => neededFor(question) > 0);
    if (open.length === 0) break;
    const wave = Math.min(...open.map(neededFor));
    const votes = Array.from({ length: wave }, (_, index) => takeVote(method, open, ask, orderSeed, asked + index));
    for (const verdicts of await settleAll(votes)) {
      for (const [question, verdict] of verdicts) readings.get(question)?.push(verdict);
    }
    asked += wave;
  }
  return questions.map((question) => combineReadings(method, readings.get(question) ?? []));
}

function combineReadings(method: JudgeMethod, readings: readonly Verdict[]): Verdict {
  const [only] = readings;
  if (readingsWanted(method) === 1 && only !== undefined) return only;
  return method.mode === 'score'
    ? combineScores(readings, method.scoreThreshold)
    : combineVotes(readings, !method.stopEarly);
}

/** One reading of each question; what cannot be read is asked again, in a new order and with a new seed. */
async function takeVote(
  method: JudgeMethod,
  questions: readonly string[],
  ask: AskJudge,
  orderSeed: (place: ReadingPlace) => number,
  vote: number,
): Promise<ReadonlyMap<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  const closed = new Set<string>();
  let open = questions;
  for (let attempt = 0; attempt < method.attempts && open.length > 0; attempt += 1) {
    const place = { vote, attempt };
    const calls = splitEvenly(shuffle(open, orderSeed(place)), itemsPerCall(method));
    const answers = await settleAll(calls.map((call) => ask(call, place)));
    for (const [index, call] of calls.entries()) {
      for (const [at, question] of call.entries()) {
        const verdict = answers[index]?.verdicts[at];
        if (verdict === undefined) continue;
        verdicts.set(question, verdict);
        if (answers[index]?.isRefused === true || isFinal(verdict)) closed.add(question);
      }
    }
    open = open.filter((question) => !closed.has(question));
  }
  return verdicts;
}

function isFinal(verdict: Verdict): boolean {
  return verdict.answer !== 'unparsed' || FINAL_CAUSES.has(verdict.cause);
}

/** An order that depends on the seed and on which questions there are, not on the order they come in. */
function shuffle(questions: readonly string[], seed: number): readonly string[] {
  const random = createRandom(seed);
  const shuffled = questions.toSorted();
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as string, shuffled[last] as string];
  }
  return shuffled;
}

/** As few calls as possible, of sizes that differ by at most one. */
function splitEvenly(questions: readonly string[], most: number): readonly (readonly string[])[] {
  const calls = Math.ceil(questions.length / Math.min(most, questions.length));
  return Array.from({ length: calls }, (_, call) =>
    questions.slice(Math.floor((call * questions.length) / calls), Math.floor(((call + 1) * questions.length) / calls)),
  );
}
