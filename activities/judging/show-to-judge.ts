import type { RunConfig } from '../../configs/schema/run-config.ts';
import { rewardedPart, visiblePart } from '../../domain/bolt/judged-part.ts';
import type { Rollout } from '../../domain/rollout.ts';
import type { SampleStage } from '../../domain/run.ts';

/** A rollout as judges may see it: in a run of BOLT never its thoughts. */
export function showToJudge(config: RunConfig, stage: SampleStage, rollout: Rollout): Rollout {
  const { outcome } = rollout;
  // Solutions of the first stage have been taken out of their responses.
  if (config.loop !== 'bolt' || stage === 'solutions' || !outcome.ok) return rollout;
  const { delimiters } = config.sft;
  const isRewarded = stage === 'sample' && config.online.formatReward;
  const text = isRewarded
    ? rewardedPart(outcome.text, outcome.finishReason, delimiters)
    : visiblePart(outcome.text, delimiters);
  return { ...rollout, outcome: { ...outcome, text } };
}
