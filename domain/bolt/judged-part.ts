import type { FinishReason } from '../completion.ts';
import { parseThoughts, type ThoughtDelimiters } from './thought-format.ts';

/**
 * What of a response may be judged: its solution, and nothing where the layout is broken, so that such a response passes
 * no item and is never the better one of a pair.
 *
 * @source BOLT (arXiv 2502.03860) §3.3: a reward on the external solution plus a format reward, whose size it does not give
 */
export function rewardedPart(text: string, finishReason: FinishReason, delimiters: ThoughtDelimiters): string {
  const parsed = parseThoughts(text, finishReason, delimiters);
  return parsed.code === 'ok' ? parsed.parts.solution : '';
}

/**
 * What a user sees of a response: all behind its thoughts, all of one that has none, and nothing of thoughts that never
 * end. So a policy without thoughts and one with them are measured alike.
 */
export function visiblePart(text: string, { thoughtOpen, thoughtClose, ...marks }: ThoughtDelimiters): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith(thoughtOpen)) return text;
  const close = trimmed.indexOf(thoughtClose);
  if (close < 0) return '';
  const shown = trimmed.slice(close + thoughtClose.length);
  return [marks.solutionOpen, marks.solutionClose]
    .reduce<string>((rest, mark) => (mark === null ? rest : rest.replaceAll(mark, '')), shown)
    .trim();
}
