import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';

/** A row as it is after drawing, or with a reply. */
export function makeRow(index: number, query: string, changes: Partial<SynthesisRow> = {}): SynthesisRow {
  return {
    rowId: `row-${index.toString().padStart(3, '0')}`,
    messages: [{ role: 'user', content: query }],
    origin: { method: 'magpie', preQuery: '<user>', queryModel: 'base', temperature: 1, topP: 1, seed: index },
    ...changes,
  };
}

/** A row with a reply that ended by itself. */
export function makeAnswered(index: number, query: string, reply: string, changes: Partial<SynthesisRow> = {}) {
  const row = makeRow(index, query, changes);
  return {
    ...row,
    messages: [...row.messages, { role: 'assistant', content: reply }],
    replyFinish: 'stop',
    ...changes,
  } satisfies SynthesisRow;
}
