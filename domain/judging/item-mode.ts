import type { Verdict } from '../checklist.ts';
import type { FinishReason } from '../completion.ts';
import { fillTemplate } from '../fill-template.ts';
import { stripThoughts } from './strip-thoughts.ts';
import { findUnreadable, shortenReason, withoutVerdict } from './unreadable.ts';

/** What a judge sees of one item. */
export interface JudgeFields {
  readonly instruction: string;
  readonly answer: string;
  readonly question: string;
}

/** A line that holds a verdict and nothing else; judges like to set it in bold or in quotes. */
const VERDICT_LINE = /^[\s*_`#>"']*verdict[\s*_`]*:[\s*_`"']*(yes|no)[\s*_`"'.!]*$/i;

/**
 * Fills the judge's template, each text quoted: what an answer says can neither close its fence nor be taken for a
 * placeholder.
 *
 * @throws ConfigError `config/invalid` when the template has an unknown placeholder or lacks one
 */
export function renderJudgePrompt(template: string, { instruction, answer, question }: JudgeFields): string {
  return fillTemplate("The judge's template", template, {
    instruction: { quoted: instruction },
    answer: { quoted: answer },
    question: { quoted: question },
  });
}

/** Reads the verdict of a judge: its reason, then a line `VERDICT: YES` or `VERDICT: NO`; the last such line decides. */
export function parseVerdict(reply: string, finishReason: FinishReason): Verdict {
  const said = stripThoughts(reply);
  const unreadable = findUnreadable(said, finishReason);
  if (unreadable !== undefined) return unreadable;
  const lines = said.split('\n');
  const position = lines.findLastIndex((line) => VERDICT_LINE.test(line));
  const answer = VERDICT_LINE.exec(lines[position] ?? '')?.[1]?.toLowerCase();
  if (answer !== 'yes' && answer !== 'no') return withoutVerdict(said);
  return { answer, by: 'judge', reason: shortenReason(lines.slice(0, position).join('\n')) };
}
