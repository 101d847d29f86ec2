import type { Checklist, Item } from '../../domain/checklist.ts';
import type { ChecklistRow } from '../../domain/checklist-writing/checklist-row.ts';
import { parseProgram } from '../../domain/checklist-writing/parse-program.ts';
import { renderProgramPrompt } from '../../domain/checklist-writing/program-prompt.ts';
import { isRefused } from '../calls/paid-calls.ts';
import { askWriter, type WriterCalls } from '../calls/writer-calls.ts';

/** The items that programs are asked for. */
export interface ProgramsTask {
  readonly template: string;
  readonly instruction: string;
  readonly checklist: Checklist;
  /** Seed for the item at an index. */
  readonly seedOf: (index: number) => number;
}

/**
 * Asks for a program for each item that has no verifier and is not asked of every answer; an item that the writer does not
 * take for exactly decidable stays with the judge.
 *
 * @source RLCF (arXiv 2507.18624) §3: code only where the item can be checked exactly
 */
export async function writePrograms(
  calls: WriterCalls,
  { template, instruction, checklist, seedOf }: ProgramsTask,
): Promise<{ readonly checklist: Checklist; readonly programs: ChecklistRow['programs'] }> {
  const items: Item[] = [];
  const programs: ChecklistRow['programs'][number][] = [];
  for (const [index, item] of checklist.entries()) {
    if (item.verifier !== undefined || item.kind === 'universal') {
      items.push(item);
      continue;
    }
    const content = renderProgramPrompt(template, { instruction, question: item.question });
    const answer = await askWriter(calls, { template, content, seed: seedOf(index) });
    const program = isRefused(answer)
      ? ({ ok: false, reason: 'call-refused' } as const)
      : parseProgram(answer.text, answer.finishReason);
    items.push(program.ok ? { ...item, verifier: { kind: 'program', args: { source: program.source } } } : item);
    programs.push(program.ok ? 'written' : program.reason);
  }
  return { checklist: items, programs };
}
