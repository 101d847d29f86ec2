import { cancellationSignal } from '@temporalio/activity';
import { hashJson } from '../../clients/content-hash.ts';
import type { CallLedger } from '../../clients/call-ledger.ts';
import type { ChatMessage } from '../../domain/prompt.ts';
import { finishWhatIsPaid, isRefused, payOnce } from '../calls/paid-calls.ts';
import type { SynthesisSeats } from './seats.ts';

/** A conversation to be scored, under a name that the score is found by. */
export interface ScoredConversation {
  readonly id: string;
  readonly messages: readonly ChatMessage[];
}

/** What a reward model said, and what it cost. */
export interface AskedRewards {
  /** By name; `null` for a conversation that it refused, such as one that is too long. */
  readonly scores: ReadonlyMap<string, number | null>;
  /** Equal conversations are one call. */
  readonly calls: number;
  readonly promptTokens: number;
  /** Calls whose tokens the server did not say. */
  readonly uncountedCalls: number;
}

/** Scores conversations through the ledger. */
export async function askForRewards(
  { model, name, lane }: NonNullable<SynthesisSeats['reward']>,
  ledger: CallLedger,
  conversations: readonly ScoredConversation[],
): Promise<AskedRewards> {
  const signal = cancellationSignal();
  const tokensOf = new Map<string, number | null>();
  const scores = await finishWhatIsPaid(
    lane,
    conversations,
    async ({ id, messages: given }) => {
      const messages = given.map(({ role, content }) => ({ role, content }));
      const key = hashJson({ endpoint: 'reward-model', model: name, messages });
      const answer = await payOnce(ledger, key, () => model.score(messages, signal));
      tokensOf.set(key, isRefused(answer) ? null : (answer.promptTokens ?? null));
      return [id, isRefused(answer) ? null : answer.score] as const;
    },
    signal,
  );
  const counted = [...tokensOf.values()].flatMap((tokens) => tokens ?? []);
  return {
    scores: new Map(scores),
    calls: tokensOf.size,
    promptTokens: counted.reduce((sum, tokens) => sum + tokens, 0),
    uncountedCalls: tokensOf.size - counted.length,
  };
}
