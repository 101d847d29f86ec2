import { DataError } from '../errors.ts';
import type { ChatMessage } from '../prompt.ts';
import type { TableRow } from './column-types.ts';

const SPEAKERS = { system: 'system', user: 'human', assistant: 'gpt' } as const;

/** Rows whose conversation can be told: a dataset's, those of supervised fine-tuning, or preferences. */
interface Conversing {
  readonly uuid?: string;
  readonly promptId?: string;
  readonly messages?: readonly ChatMessage[];
  readonly prompt?: readonly ChatMessage[];
  readonly completion?: readonly ChatMessage[];
  readonly chosen?: readonly ChatMessage[];
  readonly rejected?: readonly ChatMessage[];
}

/**
 * A row in the form of ShareGPT: `conversations` of `from` and `value`; of a preference, `chosen` and `rejected` stand
 * beside the conversation that they end.
 *
 * @source LLaMA-Factory, data/README.md, "Sharegpt Format"
 * @throws DataError `data/invalid-row` for a row without a conversation
 */
export function toShareGpt(row: TableRow): TableRow {
  const { uuid, promptId, messages, prompt, completion, chosen, rejected } = row as Conversing;
  const conversation = messages ?? (prompt === undefined ? undefined : [...prompt, ...(completion ?? [])]);
  if (conversation === undefined) {
    throw new DataError(
      'data/invalid-row',
      `Rows with the fields ${Object.keys(row).join(', ')} hold no conversation: export them as jsonl or parquet.`,
    );
  }
  const [better, worse] = [chosen?.at(-1), rejected?.at(-1)];
  return {
    id: uuid ?? promptId,
    conversations: conversation.map(toTurn),
    ...(better === undefined || worse === undefined ? {} : { chosen: toTurn(better), rejected: toTurn(worse) }),
  };
}

function toTurn({ role, content }: ChatMessage): { readonly from: string; readonly value: string } {
  return { from: SPEAKERS[role], value: content };
}
