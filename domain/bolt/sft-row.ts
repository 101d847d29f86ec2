import { DataError } from '../errors.ts';
import type { ChatMessage } from '../prompt.ts';
import type { BoltPrompt } from './bolt-query.ts';
import type { CheckedSample } from './checked-sample.ts';
import type { OutcomeScore } from './outcome-score.ts';
import { joinThoughts, type ThoughtDelimiters } from './thought-format.ts';

/** A row of supervised fine-tuning: the bare query, and the thoughts and solution that were chosen for it. */
export interface SftRow {
  readonly promptId: string;
  readonly topic: string;
  readonly sampleIndex: number;
  readonly score: number;
  readonly prompt: readonly ChatMessage[];
  readonly completion: readonly [ChatMessage];
}

/**
 * Writes the chosen response of a query with the marks that are trained on; no example and no instruction goes with it.
 *
 * @throws DataError `data/invalid-row` for a sample without parts
 */
export function toSftRow(
  { promptId, topic, messages }: BoltPrompt,
  { sampleIndex, parts }: CheckedSample,
  { score }: OutcomeScore,
  delimiters: ThoughtDelimiters,
): SftRow {
  if (parts === null) {
    throw new DataError(
      'data/invalid-row',
      `Sample ${sampleIndex} of "${promptId}" was chosen and has no thoughts and solution: its shard was checked by other rules.`,
    );
  }
  const content = joinThoughts(parts, delimiters);
  return { promptId, topic, sampleIndex, score, prompt: messages, completion: [{ role: 'assistant', content }] };
}
