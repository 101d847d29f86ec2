import { isGrpcServiceError } from '@temporalio/client';

/** gRPC codes of a server that is overloaded, restarting or out of reach: the same question may be answered later. */
const PASSING_CODES: ReadonlySet<number> = new Set([
  4, // DEADLINE_EXCEEDED
  8, // RESOURCE_EXHAUSTED
  13, // INTERNAL
  14, // UNAVAILABLE
]);

/**
 * Asks until the Temporal server answers: a run outlives its server's outages, and so does whoever watches it.
 *
 * @param say is told once an outage begins and once it is over
 * @throws what `ask` throws for any other reason
 */
export async function outlastOutages<T>(
  ask: () => Promise<T>,
  say: (line: string) => void,
  pauseMs: number,
): Promise<T> {
  for (let isOut = false; ; isOut = true) {
    try {
      const answer = await ask();
      if (isOut) say('The Temporal server answers again.');
      return answer;
    } catch (error) {
      if (!isOutage(error)) throw error;
      if (!isOut) say('The Temporal server does not answer; the run is not lost. Asking again until it does.');
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

function isOutage(error: unknown): boolean {
  const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  return isGrpcServiceError(cause) && PASSING_CODES.has(cause.code);
}
