import type { FinishReason } from '../completion.ts';
import { fillTemplate } from '../fill-template.ts';
import { createRandom, deriveSeed } from '../random.ts';
import { readReplyField, type ReplyField, type UnreadableCause } from './judge-reply.ts';
import type { ConformanceMode } from './mode.ts';
import { isPairChoice, type PairChoice } from './outcome.ts';
import { showAnswer, type ShownAnswer } from './show-answer.ts';
import { showTask } from './show-task.ts';
import type { WildBenchTask } from './task.ts';

/** A prompt for a comparison, and the answers in it. */
export interface PairPrompt {
  readonly prompt: string;
  readonly answerA: ShownAnswer;
  readonly answerB: ShownAnswer;
}

/** A judge's choice, or why there is none. */
export type PairVerdict =
  | { readonly ok: true; readonly choice: PairChoice; readonly rung: Extract<ReplyField, { ok: true }>['rung'] }
  | { readonly ok: false; readonly cause: UnreadableCause };

/** What the judge sees in place of an empty answer. */
const EMPTY_ANSWER = '[This model response is empty.]';

/**
 * One user message that asks for a choice between two answers.
 *
 * @param maxWords words of a text that the judge sees, 1000 in the published judgments; negative: all
 * @throws ConfigError `config/invalid` when the template has other placeholders than history, query, answerA, answerB,
 * checklist
 */
export function renderPairPrompt(
  template: string,
  task: WildBenchTask,
  answers: { readonly a: string; readonly b: string },
  maxWords: number,
): PairPrompt {
  const answerA = showAnswer(answers.a, maxWords);
  const answerB = showAnswer(answers.b, maxWords);
  const quote = ({ empty, text }: ShownAnswer) => ({ quoted: empty ? EMPTY_ANSWER : text });
  const fields = { ...showTask(task, maxWords), answerA: quote(answerA), answerB: quote(answerB) };
  return { prompt: fillTemplate("The judge's template", template, fields), answerA, answerB };
}

/** Reads one of the five choices. */
export function parsePairReply(reply: string, finishReason: FinishReason, mode: ConformanceMode): PairVerdict {
  const field = readReplyField(reply, 'choice', finishReason, mode);
  if (!field.ok) return field;
  return isPairChoice(field.value)
    ? { ok: true, choice: field.value, rung: field.rung }
    : { ok: false, cause: 'out-of-range' };
}

/**
 * Whether the tested model sits at A: a fair coin for each task and pair of models, the same one for the same seed however
 * the tasks are ordered or split. Upstream draws from one stream, so its coins can't be repeated; store the assignment.
 */
export function seatsModelAtA(seed: number, sessionId: string, model: string, baseline: string): boolean {
  return createRandom(deriveSeed([seed, 'wildbench-seats', sessionId, model, baseline]))() < 0.5;
}
