import type { ChatMessage, PromptRow } from '../prompt.ts';

/** A task of WildBench, as far as it is read here. */
export interface WildBenchTask {
  readonly session_id: string;
  readonly conversation_input: readonly ChatMessage[];
  readonly checklist: readonly string[];
}

/** The conversation as it is, and each question of the checklist as an item. @source WildBench (arXiv 2406.04770) */
export function fromWildBench({ session_id, conversation_input, checklist }: WildBenchTask): PromptRow {
  return {
    promptId: session_id,
    messages: conversation_input.map(({ role, content }) => ({ role, content })),
    checklist: checklist.map((question) => ({ question })),
  };
}
