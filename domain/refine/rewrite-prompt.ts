import type { Checklist, Verdict } from '../checklist.ts';
import { fillTemplate } from '../fill-template.ts';

/** What a rewriter sees. */
export interface RewriteFields {
  readonly instruction: string;
  readonly answer: string;
  readonly checklist: Checklist;
  readonly verdicts_I: readonly Verdict[];
}

/**
 * Fills `prompts/refine.md`: the answered checklist is the critique, failed items with the judge's reason, passed ones to keep.
 *
 * @source TICK (arXiv 2410.03608) §4.1; that reasons are shown is a guess of ours
 */
export function renderRewritePrompt(template: string, fields: RewriteFields): string {
  const { instruction, answer, checklist, verdicts_I } = fields;
  const lines = (answered: 'yes' | 'no', write: (question: string, reason: string) => string) =>
    checklist
      .flatMap(({ question }, index) => {
        const verdict = verdicts_I[index];
        return verdict?.answer === answered ? [write(oneLine(question), oneLine(verdict.reason))] : [];
      })
      .join('\n');
  return fillTemplate('The template prompts/refine.md', template, {
    instruction: { quoted: instruction },
    answer: { quoted: answer },
    failed: { quoted: lines('no', (question, reason) => `- ${question}${reason === '' ? '' : ` (${reason})`}`) },
    passed: { quoted: lines('yes', (question) => `- ${question}`) || '- (none)' },
  });
}

/** Fills `prompts/self-critique.md`: the baseline's unstructured feedback. */
export function renderCritiquePrompt(template: string, instruction: string, answer: string): string {
  return fillTemplate('The template prompts/self-critique.md', template, {
    instruction: { quoted: instruction },
    answer: { quoted: answer },
  });
}

/** Fills `prompts/self-refine.md`: the baseline's rewrite. */
export function renderSelfRefinePrompt(
  template: string,
  {
    instruction,
    answer,
    critique,
  }: { readonly instruction: string; readonly answer: string; readonly critique: string },
): string {
  return fillTemplate('The template prompts/self-refine.md', template, {
    instruction: { quoted: instruction },
    answer: { quoted: answer },
    critique: { quoted: critique },
  });
}

function oneLine(text: string): string {
  return text.replace(/\s+/gu, ' ').trim();
}
