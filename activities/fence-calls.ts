import type { ModelServer } from '../clients/model-server.ts';
import { AdapterError } from '../domain/errors.ts';

/**
 * The same server, of whose answers only those are taken that came while it held the weights of this label. The label is
 * asked for after each answer and before anybody keeps it; each loading has a label of its own, so an equal one says that
 * nothing was loaded in between.
 */
export function fenceCalls(server: ModelServer, label: string): ModelServer {
  const fenced =
    <Arguments extends unknown[], Answer>(call: (...given: Arguments) => Promise<Answer>) =>
    async (...given: Arguments): Promise<Answer> => {
      const answer = await call(...given);
      const now = await server.weights.label();
      if (now === label) return answer;
      throw new AdapterError(
        'adapter/not-loaded',
        `The server held "${label}" when this batch began and holds "${now}" now: it was restarted, or another run replaced its weights. The answer is thrown away, and the next attempt loads the right weights.`,
      );
    };
  return { ...server, chat: fenced(server.chat), nextTokenLogprob: fenced(server.nextTokenLogprob) };
}
