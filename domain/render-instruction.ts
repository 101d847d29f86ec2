import type { ChatMessage } from './prompt.ts';

/**
 * The whole conversation as one text for a writer, a judge or a rewriter; a single user message stands as it is.
 * Requirements may come from earlier turns.
 */
export function renderInstruction(messages: readonly ChatMessage[]): string {
  const [only] = messages;
  if (messages.length === 1 && only?.role === 'user') return only.content;
  return messages.map(({ role, content }) => `${role.toUpperCase()}:\n${content}`).join('\n\n');
}
