import type { Checklist, Verdict } from '../checklist.ts';
import type { RolloutOutcome } from '../rollout.ts';
import { normalizeAnswer } from './normalize-answer.ts';
import type { StopReason } from './refinement.ts';

/** A judged answer: rewrite it, or leave it and why. */
export type TurnDecision = { readonly rewrite: true } | { readonly rewrite: false; readonly reason: StopReason };

/**
 * Says whether a judged answer is rewritten: not when all is passed, not on missing verdicts, not without a checklist.
 *
 * @source TICK (arXiv 2410.03608) §4.1: "all-YES: response retained"; that an evaluation with holes ends the loop is ours
 */
export function decideTurn(outcome: RolloutOutcome, verdicts_I: readonly Verdict[]): TurnDecision {
  if (!outcome.ok) return { rewrite: false, reason: 'failed' };
  if (verdicts_I.length === 0) return { rewrite: false, reason: 'no-checklist' };
  if (verdicts_I.some(({ answer }) => answer === 'unparsed')) return { rewrite: false, reason: 'invalid-evaluation' };
  if (verdicts_I.every(({ answer }) => answer === 'yes')) return { rewrite: false, reason: 'all-pass' };
  return { rewrite: true };
}

const REFUSAL = /^\W*(?:I(?:'|’)m sorry|I am sorry|I apologi[sz]e|I can(?:no|'|’)t|I am unable|As an AI)\b/i;

/**
 * Why a rewrite is not gone on from, or `null` when it is a new answer: the same text again, one that was there before, or
 * a rewrite that lost the answer (empty, cut off, a refusal, or the checklist instead of an answer) where there was one.
 */
export function rejectRewrite(
  earlierTexts: readonly string[],
  previousWasCutOff: boolean,
  rewrite: RolloutOutcome,
  checklist: Checklist,
): Extract<StopReason, 'no-change' | 'cycle' | 'degenerate' | 'failed'> | null {
  if (!rewrite.ok) return 'failed';
  const text = normalizeAnswer(rewrite.text);
  const earlier = earlierTexts.map(normalizeAnswer);
  const previous = earlier.at(-1) ?? '';
  if (text === previous) return 'no-change';
  if (earlier.includes(text)) return 'cycle';
  if (text === '') return 'degenerate';
  if (rewrite.finishReason !== 'stop' && !previousWasCutOff) return 'degenerate';
  if (REFUSAL.test(rewrite.text) && !REFUSAL.test(earlierTexts.at(-1) ?? '')) return 'degenerate';
  return repeatsChecklist(text, checklist) ? 'degenerate' : null;
}

/** Two questions word by word are the list of demands, not an answer to them. */
function repeatsChecklist(text: string, checklist: Checklist): boolean {
  const lowered = text.toLowerCase();
  return checklist.filter(({ question }) => lowered.includes(normalizeAnswer(question).toLowerCase())).length >= 2;
}

/** What can be returned: the turn's number and its pass rate by the judge that steered. */
interface ReturnableTurn {
  readonly turn: number;
  readonly passRate: number | null;
  readonly verdicts_I: readonly Verdict[];
}

/**
 * The turn that is the result: the last one (the paper), or the earliest with the highest pass rate. A turn with an unparsed
 * verdict is left out as long as there is one without: its rate stands on fewer items.
 *
 * @returns `null` when there is no turn
 */
export function chooseReturnedTurn(turns: readonly ReturnableTurn[], returns: 'last' | 'best-seen'): number | null {
  const last = turns.at(-1);
  if (last === undefined) return null;
  if (returns === 'last') return last.turn;
  const rated = turns.filter(({ passRate }) => passRate !== null);
  const whole = rated.filter(({ verdicts_I }) => verdicts_I.every(({ answer }) => answer !== 'unparsed'));
  const best = (whole.length > 0 ? whole : rated).reduce<ReturnableTurn | undefined>(
    (found, turn) => (found === undefined || (turn.passRate ?? 0) > (found.passRate ?? 0) ? turn : found),
    undefined,
  );
  return (best ?? last).turn;
}

/** Items that passed now and not before, and the other way round, by index. */
export function compareVerdicts(
  before_I: readonly Verdict[],
  after_I: readonly Verdict[],
): { readonly gained: readonly number[]; readonly lost: readonly number[] } {
  const indices = after_I.flatMap((_, index) => (before_I[index] === undefined ? [] : [index]));
  const flips = (from: Verdict['answer'], to: Verdict['answer']) =>
    indices.filter((index) => before_I[index]?.answer === from && after_I[index]?.answer === to);
  return { gained: flips('no', 'yes'), lost: flips('yes', 'no') };
}
