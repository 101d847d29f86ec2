import { normaliseQuestion } from './normalise-question.ts';
import { parseChecklist } from './parse-checklist.ts';
import { isYesNoQuestion } from './question-form.ts';

/** The questions of a template's worked examples, normalised; small models give them back as if they were theirs. */
export function exampleQuestions(template: string): ReadonlySet<string> {
  const questions = template
    .split('\n')
    .flatMap((line) => parseChecklist(line).items)
    .map(({ question }) => question);
  return new Set(
    questions.filter((question) => isYesNoQuestion(question)).map((question) => normaliseQuestion(question)),
  );
}
