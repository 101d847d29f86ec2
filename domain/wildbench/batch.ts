import { toFinishReason } from '../completion.ts';
import { DataError } from '../errors.ts';
import type { FinishReason } from '../completion.ts';

/** Who is judged in one request; the id of the request alone says it, so the assignment is part of the judgment. */
export type BatchKey =
  | { readonly kind: 'score'; readonly sessionId: string; readonly model: string }
  | { readonly kind: 'pair'; readonly sessionId: string; readonly modelA: string; readonly modelB: string };

/** What a batch sends for each request, beside the prompt. */
export interface BatchSettings {
  readonly judge: string;
  readonly maxTokens: number;
}

/** One line of a batch of results. */
export type BatchReply =
  | { readonly ok: true; readonly key: BatchKey; readonly text: string; readonly finishReason: FinishReason }
  | { readonly ok: false; readonly key: BatchKey; readonly message: string };

/** The fields of a result line that are read; servers add others. */
export interface BatchResult {
  readonly custom_id: string;
  readonly response?:
    | {
        readonly status_code?: number | undefined;
        readonly body?:
          | {
              readonly choices?:
                | readonly {
                    readonly message?: { readonly content?: string | null | undefined } | undefined;
                    readonly finish_reason?: string | null | undefined;
                  }[]
                | undefined;
            }
          | undefined;
      }
    | null
    | undefined;
  readonly error?: { readonly message?: string | null | undefined } | null | undefined;
}

const SEPARATOR = '||';

/** Id of a request, `<session>||<model>` or `<session>||A:<model>||B:<model>`. @throws DataError for a name with `||` */
export function formatBatchId(key: BatchKey): string {
  const names = key.kind === 'score' ? [key.model] : [key.modelA, key.modelB];
  const clash = [key.sessionId, ...names].find((name) => name.includes(SEPARATOR) || name === '');
  if (clash !== undefined) {
    throw new DataError(
      'data/invalid-row',
      `${JSON.stringify(clash)} can't stand in a batch id: it is empty or has "||".`,
    );
  }
  return key.kind === 'score'
    ? [key.sessionId, key.model].join(SEPARATOR)
    : [key.sessionId, `A:${key.modelA}`, `B:${key.modelB}`].join(SEPARATOR);
}

/** Reads the id of a request back. @throws DataError `data/invalid-row` for an id that is none of ours */
export function parseBatchId(id: string): BatchKey {
  const [sessionId = '', first = '', second, ...more] = id.split(SEPARATOR);
  if (sessionId !== '' && first !== '' && more.length === 0) {
    if (second === undefined) return { kind: 'score', sessionId, model: first };
    if (/^A:./.test(first) && /^B:./.test(second)) {
      return { kind: 'pair', sessionId, modelA: first.slice(2), modelB: second.slice(2) };
    }
  }
  throw new DataError(
    'data/invalid-row',
    `${JSON.stringify(id)} is no batch id; it has to be <session>||<model> or <session>||A:<model>||B:<model>.`,
  );
}

/**
 * One line of an OpenAI batch file: temperature 0, JSON mode, one user message, no system message.
 *
 * @source WildBench repository, src/eval.py (batch mode) and its settings: max_tokens 1024
 */
export function formatBatchRequest(key: BatchKey, prompt: string, { judge, maxTokens }: BatchSettings): string {
  return JSON.stringify({
    custom_id: formatBatchId(key),
    method: 'POST',
    url: '/v1/chat/completions',
    body: {
      model: judge,
      messages: [{ role: 'user', content: prompt }],
      temperature: 0,
      max_tokens: maxTokens,
      response_format: { type: 'json_object' },
    },
  });
}

/** Reads one result. A request that failed is no reply, and is kept apart from one that can't be read. */
export function readBatchResult(result: BatchResult): BatchReply {
  const key = parseBatchId(result.custom_id);
  const status = result.response?.status_code ?? 200;
  const choice = result.response?.body?.choices?.[0];
  if (result.error || status >= 400 || choice === undefined) {
    return { ok: false, key, message: result.error?.message ?? `status ${status}, no choice` };
  }
  return {
    ok: true,
    key,
    text: choice.message?.content ?? '',
    finishReason: toFinishReason(choice.finish_reason),
  };
}
