import type { Checklist } from './checklist.ts';

/** One chat message, as the OpenAI chat format has it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** One row of a prompt set. */
export interface PromptRow {
  /** Unique within its set; printable, at most 200 characters. */
  readonly promptId: string;
  readonly messages: readonly ChatMessage[];
  readonly checklist: Checklist;
}
