import { wordsOf } from '../bolt/word-grams.ts';
import type { SkillmixOrigin, SynthesisRow } from '../synthesis/synthesis-row.ts';
import { addFailures, type FailureCount } from './add-failures.ts';
import type { PairResult } from './result.ts';

/** What became of one planned pair. */
export interface SlotOutcome {
  readonly slot: number;
  readonly redraw: number;
  readonly size: number;
  readonly rowId: string;
  /** `null` for a row; else the turn and what was wrong with it, or `duplicate`. */
  readonly failed: string | null;
}

/** A wave of pairs, settled: the rows of each batch, and what became of each slot. */
export interface SettledWave {
  /** Rows that repeat an earlier message are among them, marked as dropped. */
  readonly rows_B: readonly (readonly SynthesisRow[])[];
  readonly outcomes: readonly SlotOutcome[];
}

/** How the results of a wave become rows. */
export interface WaveFacts extends Pick<SkillmixOrigin, 'queryModel' | 'temperature' | 'topP'> {
  /** Keys of the messages that earlier waves have kept. */
  readonly known: ReadonlySet<string>;
}

/** What two messages have in common that say the same words: layout, case and punctuation make no other message. */
export function messageKey(instruction: string): string {
  return wordsOf(instruction).join(' ');
}

/** Makes rows of the results of a wave, batch by batch (B); the first of several equal messages stays. */
export function settleWave(results_B: readonly (readonly PairResult[])[], facts: WaveFacts): SettledWave {
  const seen = new Set(facts.known);
  const outcomes: SlotOutcome[] = [];
  const rows_B = results_B.map((results) =>
    results.flatMap((result): readonly SynthesisRow[] => {
      const { slot, redraw, size, rowId, end } = result;
      if (!end.ok) {
        outcomes.push({ slot, redraw, size, rowId, failed: `${end.turn}/${end.fault}` });
        return [];
      }
      const key = messageKey(end.pair.instruction);
      const isRepeat = seen.has(key);
      seen.add(key);
      outcomes.push({ slot, redraw, size, rowId, failed: isRepeat ? 'duplicate' : null });
      const row = toRow(result, end.pair, facts);
      return [isRepeat ? { ...row, dropped: { by: 'skillmix', reason: 'duplicate' } } : row];
    }),
  );
  return { rows_B, outcomes };
}

function toRow(
  { rowId, skills, queryType, quality, seed, replies, templates }: PairResult,
  { instruction, response }: { readonly instruction: string; readonly response: string },
  { queryModel, temperature, topP }: WaveFacts,
): SynthesisRow {
  const replyFinish = replies.findLast((reply) => reply.fault === null && reply.seed === seed)?.finishReason;
  return {
    rowId,
    messages: [
      { role: 'user', content: instruction },
      { role: 'assistant', content: response },
    ],
    origin: {
      method: 'skillmix',
      queryModel,
      replyModel: queryModel,
      temperature,
      topP,
      seed,
      skills,
      queryType,
      quality,
      templates,
    },
    ...(replyFinish ? { replyFinish } : {}),
  };
}

/** Pairs by what became of them, the most frequent failure first. */
export function countFailures(outcomes: readonly Pick<SlotOutcome, 'failed'>[]): readonly FailureCount[] {
  return addFailures(
    [],
    outcomes.flatMap(({ failed }) => (failed === null ? [] : [{ failed, count: 1 }])),
  );
}
