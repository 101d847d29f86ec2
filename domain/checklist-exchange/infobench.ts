import type { PromptRow } from '../prompt.ts';

/** A task of InFoBench, as far as it is read and written here. */
export interface InfoBenchTask {
  readonly id: string;
  readonly instruction: string;
  /** What the instruction is about; may be empty. */
  readonly input: string;
  readonly decomposed_questions: readonly string[];
}

/** The instruction, and below it the input where there is one, as one user message. @source InFoBench (arXiv 2401.03601) */
export function fromInfoBench({ id, instruction, input, decomposed_questions }: InfoBenchTask): PromptRow {
  return {
    promptId: id,
    messages: [{ role: 'user', content: input.trim() === '' ? instruction : `${instruction}\n\n${input}` }],
    checklist: decomposed_questions.map((question) => ({ question })),
  };
}

/** The task of a single user message; `undefined` for a conversation, which InFoBench has no room for. */
export function toInfoBench({ promptId, messages, checklist }: PromptRow): InfoBenchTask | undefined {
  const [only] = messages;
  if (messages.length !== 1 || only === undefined) return undefined;
  return {
    id: promptId,
    instruction: only.content,
    input: '',
    decomposed_questions: checklist.map(({ question }) => question),
  };
}
