import { html, type Html } from '../html.ts';
import type { Judging } from './who-judges.ts';

/** What stands in place of a result when there are no gold verdicts. */
export const NOT_MEASURED =
  'no gold verdict was given, so nothing is known about the quality of these answers; the judge’s own numbers steered the loop and do not measure it';

/** Says who steered and who measured; what makes the numbers doubtful stands out as a warning. */
export function judgingNotes(judging: Judging, verb: 'rewriting' | 'selection'): Html {
  const [steering, measuring] = [steeringNote(judging, verb), measuringNote(judging)];
  return html`${[steering, measuring].map(
    ({ text, isWarning }) => html`<p class="${isWarning ? 'warning' : 'note'}">${text}</p>`,
  )}`;
}

interface Note {
  readonly text: string;
  readonly isWarning: boolean;
}

function steeringNote({ steeredBy, judges }: Judging, verb: string): Note {
  const names = judges.join(', ');
  switch (steeredBy) {
    case 'code':
      return { text: `Verdicts of code steered the ${verb}; no model judged.`, isWarning: false };
    case 'policy':
      return {
        text: `Self-judged: the model that answers (${names}) also gave the verdicts that steered the ${verb}, at the same address.`,
        isWarning: true,
      };
    case 'partly-policy':
      return {
        text: `Partly self-judged: one of the judges that steered the ${verb} (${names}) is the model that answers.`,
        isWarning: true,
      };
    case 'other':
      return { text: `Judged by ${names}, whose verdicts steered the ${verb}.`, isWarning: false };
  }
}

function measuringNote({ measuredBy, goldJudges }: Judging): Note {
  const names = goldJudges.join(', ');
  switch (measuredBy) {
    case 'nothing':
      return { text: `Not measured: ${NOT_MEASURED}.`, isWarning: true };
    case 'code':
      return { text: 'Measured by code: every gold verdict is a verifier’s.', isWarning: false };
    case 'steering-judge':
      return {
        text: `The gold judge (${names}) is also a judge that steers: the gold numbers favour what it steered to.`,
        isWarning: true,
      };
    case 'policy':
      return { text: `The gold judge (${names}) is the model that answers: it measures itself.`, isWarning: true };
    case 'other':
      return { text: `Measured by ${names}, which steers nothing.`, isWarning: false };
  }
}
