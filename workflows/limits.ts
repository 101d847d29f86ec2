import type { RunConfig } from '../configs/schema/run-config.ts';
import type { RolloutCounts } from '../domain/run.ts';
import type { LoopControl } from './loop-control.ts';

/**
 * Holds a run whose stage has too many holes, with the reason shown: a failed rollout or an unparsed verdict is data, many
 * of them are a fault. Whoever resumes it takes the stage as it is.
 */
export async function holdIfTooManyHoles(
  control: LoopControl,
  stage: string,
  counts: RolloutCounts,
  { limits }: RunConfig,
): Promise<void> {
  const verdicts = counts.yes + counts.no + counts.unparsed;
  const { decided, unparsed } = counts.gold ?? { decided: 0, unparsed: 0 };
  const reasons = [
    describe(stage, 'rollouts failed', counts.failed, counts.rollouts, limits.maxFailedShare, 'limits.maxFailedShare'),
    describe(
      stage,
      'verdicts could not be read',
      counts.unparsed,
      verdicts,
      limits.maxUnparsedShare,
      'limits.maxUnparsedShare',
    ),
    describe(
      stage,
      'gold verdicts could not be read',
      unparsed,
      decided + unparsed,
      limits.maxUnparsedShare,
      'limits.maxUnparsedShare',
    ),
  ].flatMap((reason) => reason ?? []);
  if (reasons.length > 0) await control.hold(reasons.join(' '));
}

function describe(
  stage: string,
  what: string,
  count: number,
  of: number,
  limit: number,
  field: string,
): string | undefined {
  if (of === 0 || count / of <= limit) return undefined;
  return `${stage}: ${count} of ${of} ${what}, more than ${field} allows (${limit}). Look at the report, then \`tickloop resume\` to go on with it as it is or \`tickloop stop\` to end the run.`;
}
