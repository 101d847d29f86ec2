import { heartbeat } from '@temporalio/activity';
import type { ActivityProgress } from '../domain/activity-progress.ts';

/** Beats once a second with what `read` says, until stopped. */
export function startHeartbeats(read: () => ActivityProgress): () => void {
  const timer = setInterval(() => heartbeat(read()), 1000);
  return () => clearInterval(timer);
}
