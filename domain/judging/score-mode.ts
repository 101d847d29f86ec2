import type { Verdict } from '../checklist.ts';
import type { FinishReason } from '../completion.ts';
import { fillTemplate } from '../fill-template.ts';
import type { JudgeFields } from './item-mode.ts';
import { stripThoughts } from './strip-thoughts.ts';
import { findUnreadable, unparsed, withoutVerdict } from './unreadable.ts';
import { countAnswers } from './votes.ts';

/** A score and nothing else; judges like to add "Score:" before or "/100" after. */
const SCORE = /^[\s*_`]*(?:score[\s*_`]*:[\s*_`]*)?(\d{1,3}(?:\.\d+)?)(?:\s*\/\s*100)?[\s*_`.]*$/i;

/** Fills the template that asks for a number. */
export function renderScorePrompt(template: string, { instruction, answer, question }: JudgeFields): string {
  return fillTemplate("The judge's score template", template, {
    instruction: { quoted: instruction },
    answer: { quoted: answer },
    question: { quoted: question },
  });
}

/**
 * Reads one sample of a score: yes at the threshold or above, with the score / 100 as its probability.
 *
 * @param threshold in [0, 100]
 */
export function parseScore(reply: string, finishReason: FinishReason, threshold: number): Verdict {
  const said = stripThoughts(reply);
  const unreadable = findUnreadable(said, finishReason);
  if (unreadable !== undefined) return unreadable;
  const number = SCORE.exec(said)?.[1];
  if (number === undefined || Number(number) > 100) return withoutVerdict(said);
  const score = Number(number);
  return { answer: score >= threshold ? 'yes' : 'no', by: 'judge', reason: `score ${score}`, probability: score / 100 };
}

/**
 * The mean of the readable samples; unreadable ones are left out and counted.
 *
 * @source RLCF (arXiv 2507.18624) §3.2: 25 samples a score. Departure: its code counts an item without a readable sample
 *   as -1; here that item has no verdict.
 */
export function combineScores(samples: readonly Verdict[], threshold: number): Verdict {
  const scores = samples.flatMap(({ answer, probability }) =>
    answer === 'unparsed' || probability === undefined ? [] : [probability * 100],
  );
  const votes = countAnswers(samples);
  if (scores.length === 0) return { ...(samples.at(-1) ?? unparsed('empty', 'no sample')), votes };
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return {
    answer: mean >= threshold ? 'yes' : 'no',
    by: 'judge',
    reason: `mean score ${Number(mean.toFixed(1))} of ${scores.length} of ${samples.length} samples`,
    probability: mean / 100,
    votes,
  };
}
