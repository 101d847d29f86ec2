import type { ModelServer } from '../../clients/model-server.ts';
import { AdapterError } from '../../domain/errors.ts';
import { findLabel, isBaseLabel } from './weight-label.ts';

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
  return {
    ...server,
    chat: fenced(server.chat),
    complete: fenced(server.complete),
    nextTokenLogprob: fenced(server.nextTokenLogprob),
  };
}

/**
 * The same server for a run that replaces no weights: as long as it holds a base model, and bare where it has no label. One
 * look a batch; a server without a label pays for no more than that.
 *
 * @throws AdapterError `adapter/not-loaded` when it holds whole weights that another run has put in place of its base model
 */
export async function fenceBase(server: ModelServer, signal: AbortSignal): Promise<ModelServer> {
  const label = await findLabel(server, signal);
  if (label === undefined) return server;
  if (isBaseLabel(label)) return fenceCalls(server, label);
  throw new AdapterError(
    'adapter/not-loaded',
    `The server holds "${label}", whole weights that another run has put in place of its base model, and nothing is asked of them: restart it (here: tickloop down, then tickloop up), or give that run a server of its own. The next attempt looks again.`,
  );
}
