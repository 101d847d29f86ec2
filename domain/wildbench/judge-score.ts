import type { FinishReason } from '../completion.ts';
import { fillTemplate } from '../fill-template.ts';
import { readReplyField, type ReplyField, type UnreadableCause } from './judge-reply.ts';
import type { ConformanceMode } from './mode.ts';
import { showAnswer, type ShownAnswer } from './show-answer.ts';
import { showTask } from './show-task.ts';
import type { WildBenchTask } from './task.ts';

/** A prompt for a score, and the answer in it. */
export interface ScorePrompt {
  readonly prompt: string;
  readonly answer: ShownAnswer;
}

/** A judge's score with its reasons, or why there is none. */
export type ScoreVerdict =
  | {
      readonly ok: true;
      readonly score: number;
      readonly strengths: string;
      readonly weaknesses: string;
      readonly rung: Extract<ReplyField, { ok: true }>['rung'];
    }
  | { readonly ok: false; readonly cause: UnreadableCause };

/**
 * One user message that asks for a score. An empty answer stays empty.
 *
 * @param maxWords words of a text that the judge sees; negative: all, as in the published scores since v2.0625
 * @throws ConfigError `config/invalid` when the template has other placeholders than history, query, answer, checklist
 */
export function renderScorePrompt(
  template: string,
  task: WildBenchTask,
  answer: string,
  maxWords: number,
): ScorePrompt {
  const shown = showAnswer(answer, maxWords);
  const fields = { ...showTask(task, maxWords), answer: { quoted: shown.text } };
  return { prompt: fillTemplate("The judge's template", template, fields), answer: shown };
}

/** Reads a score, 1 to 10 and whole; upstream any number counts. */
export function parseScoreReply(reply: string, finishReason: FinishReason, mode: ConformanceMode): ScoreVerdict {
  const field = readReplyField(reply, 'score', finishReason, mode);
  if (!field.ok) return field;
  const score = field.value === '' ? Number.NaN : Number(field.value);
  const inRange = mode === 'upstream' || (Number.isInteger(score) && score >= 1 && score <= 10);
  if (!Number.isFinite(score) || !inRange) return { ok: false, cause: 'out-of-range' };
  const textOf = (name: string) => (typeof field.object[name] === 'string' ? field.object[name] : '');
  return { ok: true, score, strengths: textOf('strengths'), weaknesses: textOf('weaknesses'), rung: field.rung };
}
