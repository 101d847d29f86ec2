import type { SynthesisRow } from './synthesis-row.ts';

/** What the user asks first, without blanks around it: what tags, neighbours and the filters of queries look at. */
export function queryOf({ messages }: SynthesisRow): string {
  return messages.find(({ role }) => role === 'user')?.content.trim() ?? '';
}

/** Every reply of the conversation, as it was given; none until it is answered. */
export function repliesOf({ messages }: SynthesisRow): readonly string[] {
  return messages.filter(({ role }) => role === 'assistant').map(({ content }) => content);
}
