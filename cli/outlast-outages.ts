import { isGrpcServiceError } from '@temporalio/client';
import { StackError } from '../domain/errors.ts';

/** gRPC codes of a server that is overloaded, restarting or out of reach: the same question may be answered later. */
const PASSING_CODES: ReadonlySet<number> = new Set([
  4, // DEADLINE_EXCEEDED
  8, // RESOURCE_EXHAUSTED
  14, // UNAVAILABLE
]);
const INTERNAL = 13;

/** How an outage is watched. */
export interface OutageOptions {
  /** Is told once an outage begins, by what, and once it is over. */
  readonly say: (line: string) => void;
  readonly pauseMs: number;
  /** How long an outage may last; without it, until somebody ends the command. */
  readonly longestMs?: number;
}

/**
 * Asks until the Temporal server answers: a run outlives its server's outages, and so does whoever watches it.
 *
 * @throws StackError `stack/not-running` when an outage lasts too long, and what `ask` throws for any other reason
 */
export async function outlastOutages<T>(
  ask: () => Promise<T>,
  { say, pauseMs, longestMs = Infinity }: OutageOptions,
): Promise<T> {
  for (let since: number | undefined; ;) {
    const askedAt = performance.now();
    try {
      const answer = await ask();
      if (since !== undefined) say('The Temporal server answers again.');
      return answer;
    } catch (error) {
      const found = outageOf(error);
      if (found === undefined) throw error;
      const failedAt = performance.now();
      // A question that was in the air for longer than that had reached a server: this is another outage.
      if (since === undefined || failedAt - askedAt > longestMs) {
        since = failedAt;
        say(`The Temporal server does not answer (${found}); the run is not lost. Asking again until it does.`);
      } else if (failedAt - since > longestMs) throw givenUp(found, longestMs, error);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** The error's own words where it is of an outage. */
function outageOf(error: unknown): string | undefined {
  const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  if (!isGrpcServiceError(cause)) return undefined;
  const code: number = cause.code;
  // A stream that broke off is told as an internal error; any other is a fault of the server, which stays.
  const isBrokenStream = code === INTERNAL && /RST_STREAM/.test(cause.message) && !/SSL alert/i.test(cause.message);
  const isPassing = PASSING_CODES.has(code) || isBrokenStream;
  return isPassing ? cause.message : undefined;
}

function givenUp(found: string, longestMs: number, cause: unknown): StackError {
  return new StackError(
    'stack/not-running',
    `The Temporal server has not answered for ${Math.round(longestMs / 60_000)} minutes (${found}): the run is not lost; bring the server back (here: tickloop up), then give the same command again.`,
    { cause },
  );
}
