import { fillTemplate } from '../fill-template.ts';
import type { CheckedReply, ChecklistRules } from './check-checklist.ts';
import { describeComplaints } from './describe-complaints.ts';

/** What the writer of a checklist is shown. */
export interface WriterFields {
  readonly instruction: string;
  /** Varied answers, for the template that weighs candidates; none for the one that sees the instruction alone. */
  readonly candidates?: readonly string[];
}

/** Fills the writer's template. @throws ConfigError `config/invalid` when its placeholders are not the right ones */
export function renderWriterPrompt(
  template: string,
  { instruction, candidates }: WriterFields,
  { minItems, maxItems }: ChecklistRules,
): string {
  return fillTemplate("The checklist writer's template", template, {
    instruction: { quoted: instruction },
    minItems: { plain: String(minItems) },
    maxItems: { plain: String(maxItems) },
    ...(candidates === undefined ? {} : { candidates: { quoted: renderCandidates(candidates) } }),
  });
}

/** Fills the template that sends a reply back. @throws ConfigError `config/invalid` as above */
export function renderRewritePrompt(template: string, earlier: CheckedReply, rules: ChecklistRules): string {
  const questions = earlier.written.map((question, index) => `${index + 1}. ${question}`).join('\n');
  return fillTemplate('The template for rewriting a checklist', template, {
    questions: { quoted: questions === '' ? '(none that could be read)' : questions },
    complaints: { plain: describeComplaints(earlier.complaints, rules) },
  });
}

function renderCandidates(candidates: readonly string[]): string {
  return candidates.map((candidate, index) => `[answer ${index + 1}]\n${candidate}`).join('\n\n');
}
