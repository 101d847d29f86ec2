import {
  checkChecklist,
  type CheckedReply,
  type ChecklistRules,
} from '../../domain/checklist-writing/check-checklist.ts';
import {
  isAcceptable,
  settleChecklist,
  type SettledChecklist,
} from '../../domain/checklist-writing/settle-checklist.ts';
import {
  renderRewritePrompt,
  renderWriterPrompt,
  type WriterFields,
} from '../../domain/checklist-writing/writer-prompt.ts';
import { isRefused } from '../calls/paid-calls.ts';
import { askWriter, type WriterCalls } from '../calls/writer-calls.ts';

/** One checklist to be written. */
export interface ChecklistTask extends WriterFields {
  readonly template: string;
  readonly rewriteTemplate: string;
  readonly rules: ChecklistRules;
  /** Seed of the first try; try i has seed + i. */
  readonly seed: number;
}

/** A settled checklist, and all tries that led to it. */
export interface ChecklistAttempts {
  readonly settled: SettledChecklist;
  readonly replies: readonly CheckedReply[];
}

/** Has a checklist written until it is acceptable, each time with a new seed and told what was wrong before. */
export async function writeChecklist(calls: WriterCalls, task: ChecklistTask): Promise<ChecklistAttempts> {
  const { template, rewriteTemplate, rules, instruction } = task;
  const first = renderWriterPrompt(template, task, rules);
  const replies: CheckedReply[] = [];
  for (let attempt = 0; attempt < calls.config.attempts; attempt += 1) {
    const earlier = replies.at(-1);
    const content =
      earlier === undefined || wasRefused(earlier)
        ? first
        : `${first.trimEnd()}\n\n${renderRewritePrompt(rewriteTemplate, earlier, rules)}`;
    const answer = await askWriter(calls, { template, content, seed: task.seed + attempt });
    const reply = isRefused(answer) ? REFUSED : checkChecklist(answer.text, answer.finishReason, instruction, rules);
    replies.push(reply);
    // The same prompt would be refused again, whatever the seed.
    if (isAcceptable(reply) || (wasRefused(reply) && content === first)) break;
  }
  return { settled: settleChecklist(replies, rules), replies };
}

const REFUSED: CheckedReply = { written: [], items: [], complaints: [{ reason: 'call-refused' }] };

function wasRefused({ complaints }: CheckedReply): boolean {
  return complaints.some(({ reason }) => reason === 'call-refused');
}
