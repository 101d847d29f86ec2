import { configOfLoop } from '../../configs/stage-sampling.ts';
import type { ArtifactRef } from '../../domain/artifact.ts';
import { DataError } from '../../domain/errors.ts';
import { policyStamp, type PolicyVersion } from '../../domain/policy-version.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { rewardGroup, type RewardedGroup } from '../../domain/rounds/reward-group.ts';
import type { RunRef } from '../../domain/run.ts';
import { readJudgedStage } from '../artifacts/read-stage.ts';
import type { RunServices } from '../run-services.ts';

/** The samples of a round so far. */
export interface RoundSamples {
  readonly run: RunRef;
  readonly round: number;
  /** Shards that are judged. */
  readonly shards: number;
  /** The policy that every sample has to come from. */
  readonly policy: PolicyVersion;
}

/**
 * The groups of a round with their rewards, and the artifacts they came from.
 *
 * @throws DataError `data/mixed-policy-versions` when a sample was made by other weights than those of the round
 */
export async function readRewardedRound(
  services: RunServices,
  { run, round, shards, policy }: RoundSamples,
): Promise<{
  readonly parents: readonly ArtifactRef[];
  readonly rows: readonly (readonly [PromptRow, RewardedGroup])[];
}> {
  const { reward } = configOfLoop(services.config, 'online-dpo');
  const { parents, rows } = await readJudgedStage(services, { runName: run.runName, round, stage: 'sample', shards });
  const stamp = policyStamp(policy);
  const stale = rows.flatMap(([, { rollouts_G }]) => rollouts_G).find((rollout) => rollout.policy !== stamp);
  if (stale !== undefined) {
    throw new DataError(
      'data/mixed-policy-versions',
      `Round ${round} samples from ${stamp}, but a rollout of "${stale.promptId}" was made by ${stale.policy}: the round is refused.`,
    );
  }
  return { parents, rows: rows.map(([prompt, group]) => [prompt, rewardGroup(prompt, group, reward)] as const) };
}
