import { heartbeat } from '@temporalio/activity';
import type { ActivityProgress } from '../domain/activity-progress.ts';

/** Beats once a second, without details, while some work goes on that has no rows to count. */
export async function withHeartbeats<Result>(work: () => Promise<Result>): Promise<Result> {
  const timer = setInterval(() => heartbeat(), 1000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Beats once a second with what `read` says, until stopped. */
export function startHeartbeats(read: () => ActivityProgress): () => void {
  const timer = setInterval(() => heartbeat(read()), 1000);
  return () => clearInterval(timer);
}
