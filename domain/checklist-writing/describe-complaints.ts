import type { ChecklistRejection, ChecklistRules, Complaint } from './check-checklist.ts';

/** Says to the writer what was wrong with its reply, a line a fault. Names questions by number and quotes none of them. */
export function describeComplaints(complaints: readonly Complaint[], rules: ChecklistRules): string {
  return complaints
    .map(({ reason, question }) => {
      const subject = question === undefined ? 'The reply' : `Question ${question}`;
      return `- ${subject} ${describe(reason, rules)}`;
    })
    .join('\n');
}

function describe(reason: ChecklistRejection, { minItems, maxItems }: ChecklistRules): string {
  switch (reason) {
    case 'call-refused':
      return 'was not made.';
    case 'empty':
      return 'was empty.';
    case 'refusal':
      return 'declined the task. Nothing has to be answered or done here: only questions are to be written.';
    case 'truncated':
      return 'was cut off. Be shorter.';
    case 'too-few':
      return `has too few usable questions. Write at least ${minItems}, numbered, one a line.`;
    case 'too-many':
      return `has too many questions. Keep the ${maxItems} that matter most.`;
    case 'duplicate':
      return 'asks again what an earlier one asks. Ask each thing once.';
    case 'copied-example':
      return 'was copied from an example. Ask about the instruction itself.';
    case 'not-yes-no':
      return 'is not a yes/no question. Begin with a word like Is, Does or Has and end with a question mark.';
    case 'wrong-polarity':
      return 'gets YES when the instruction is broken. Turn it round, so that YES means that it was followed.';
    case 'too-long':
      return 'is too long. Ask for one thing in one short sentence.';
    case 'no-weight':
      return 'has no weight. End it with a number in brackets, like (75).';
    case 'bad-weight':
      return 'has a weight that is not a whole number from 0 to 100.';
    case 'zero-weights':
      return 'gives every question the weight 0. Something must matter.';
  }
}
