import { ApplicationFailure } from '@temporalio/workflow';
import type { RunConfig } from '../configs/schema/run-config.ts';
import type { RolloutCounts } from '../domain/run.ts';

/** Refuses a stage with too many holes: a failed rollout or an unparsed verdict is data, many of them are a fault. */
export function checkShares(stage: string, counts: RolloutCounts, { limits }: RunConfig): void {
  const verdicts = counts.yes + counts.no + counts.unparsed;
  check(stage, 'rollouts failed', counts.failed, counts.rollouts, limits.maxFailedShare, 'limits.maxFailedShare');
  check(
    stage,
    'verdicts could not be read',
    counts.unparsed,
    verdicts,
    limits.maxUnparsedShare,
    'limits.maxUnparsedShare',
  );
}

function check(stage: string, what: string, count: number, of: number, limit: number, field: string): void {
  if (of === 0 || count / of <= limit) return;
  throw ApplicationFailure.create({
    type: 'data/too-many-failed',
    message: `${stage}: ${count} of ${of} ${what}, more than ${field} allows (${limit}): look at the rollouts' reasons, mend the cause or raise the limit.`,
    nonRetryable: true,
  });
}
