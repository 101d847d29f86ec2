import { cancellationSignal } from '@temporalio/activity';
import { hashJson } from '../clients/content-hash.ts';
import type { CallLedger } from '../clients/call-ledger.ts';
import type { ChatMessage } from '../domain/prompt.ts';
import { finishWhatIsPaid, isRefused, payOnce } from './paid-calls.ts';
import type { SynthesisSeats } from './synthesis-seats.ts';

/** A conversation to be scored, under a name that the score is found by. */
export interface ScoredConversation {
  readonly id: string;
  readonly messages: readonly ChatMessage[];
}

/** Scores of the reward model by name; `null` for a conversation that it refused, such as one that is too long. */
export async function askForRewards(
  { model, name, lane }: NonNullable<SynthesisSeats['reward']>,
  ledger: CallLedger,
  conversations: readonly ScoredConversation[],
): Promise<ReadonlyMap<string, number | null>> {
  const signal = cancellationSignal();
  const scores = await finishWhatIsPaid(
    lane,
    conversations,
    async ({ id, messages: given }) => {
      const messages = given.map(({ role, content }) => ({ role, content }));
      const key = hashJson({ endpoint: 'reward-model', model: name, messages });
      const answer = await payOnce(ledger, key, async () => ({ score: await model.score(messages, signal) }));
      return [id, isRefused(answer) ? null : answer.score] as const;
    },
    signal,
  );
  return new Map(scores);
}
