import type { FinishReason } from '../completion.ts';
import { readReplyField } from './judge-reply.ts';
import type { ConformanceMode } from './mode.ts';
import { PAIR_REASONS, type PairReasons } from './reply-schema.ts';

/** The reasons in a pair reply, as far as they can be read. */
export function readPairReasons(reply: string, finishReason: FinishReason, mode: ConformanceMode): PairReasons {
  const field = readReplyField(reply, 'choice', finishReason, mode);
  if (!field.ok) return {};
  const { object } = field;
  return Object.fromEntries(
    PAIR_REASONS.flatMap((name) => (typeof object[name] === 'string' ? [[name, object[name]]] : [])),
  );
}
