import { readFile } from 'node:fs/promises';
import { cancellationSignal } from '@temporalio/activity';
import { hashJson } from '../../clients/content-hash.ts';
import type { CallLedger } from '../../clients/call-ledger.ts';
import { callSeed } from '../../domain/random.ts';
import { BASE_REPLY_STOPS, renderBaseReplyPrompt } from '../../domain/synthesis/base-reply.ts';
import { queryOf } from '../../domain/synthesis/row-texts.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { finishWhatIsPaid, isRefused, payOnce } from '../calls/paid-calls.ts';
import type { SynthesisServices } from './services.ts';

interface BaseAnswer {
  readonly text: string;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

/** What the base model wrote, by row, and what it cost. */
export interface BaseReplies {
  /** Empty and refused replies are not in it. */
  readonly texts: ReadonlyMap<string, string>;
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** Lets the base model go on with examples and the query, greedily, through the ledger. */
export async function drawBaseReplies(
  { seats, quality, seed }: SynthesisServices,
  ledger: CallLedger,
  rows: readonly SynthesisRow[],
): Promise<BaseReplies> {
  const { base } = seats;
  const maxTokens = quality.rewards?.base?.maxTokens;
  if (base === null || maxTokens === undefined)
    return { texts: new Map(), calls: 0, promptTokens: 0, completionTokens: 0 };
  const signal = cancellationSignal();
  const template = await readFile(new URL('../../prompts/base-reply.md', import.meta.url), 'utf8');
  const sampling = { temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1, maxTokens };
  const usage = { calls: 0, promptTokens: 0, completionTokens: 0 };
  const replies = await finishWhatIsPaid(
    base.lane,
    rows,
    async (row) => {
      const prompt = renderBaseReplyPrompt(template, queryOf(row));
      const request = {
        model: base.name,
        prompt,
        sampling,
        seed: callSeed({ seed, stage: 'base-reply', round: 0, promptId: row.rowId, sampleIndex: 0 }),
        n: 1,
        stop: BASE_REPLY_STOPS,
      };
      const answer = await payOnce<BaseAnswer>(ledger, hashJson({ endpoint: 'base-reply', ...request }), async () => {
        signal.throwIfAborted();
        const result = await base.model.complete(request, signal);
        const { promptTokens = null, completionTokens = null } = result.usage;
        return { text: result.choices[0]?.text ?? '', promptTokens, completionTokens };
      });
      usage.calls += 1;
      if (isRefused(answer)) return [];
      usage.promptTokens += answer.promptTokens ?? 0;
      usage.completionTokens += answer.completionTokens ?? 0;
      const text = answer.text.trim();
      return text === '' ? [] : [[row.rowId, text] as const];
    },
    signal,
  );
  return { texts: new Map(replies.flat()), ...usage };
}
