import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { BoltConfig } from '../configs/schema/bolt-loop.ts';
import { onlineConfigOf, SFT_ROUND } from '../domain/bolt/online-config.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import { addCounts, NO_COUNTS, type OpenedRun, type RunRef } from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import type { BoltStageResult } from './bolt-sft.ts';
import { LoopControl } from './loop-control.ts';
import { measurePolicy } from './measure-policy.ts';
import { roundWorkflow } from './round.ts';

export interface BoltOnlineInput {
  readonly run: RunRef;
  readonly config: BoltConfig;
  readonly opened: OpenedRun;
  /** The tuned policy. */
  readonly policy: PolicyVersion;
  /** Set when many rounds go on in a fresh history. */
  readonly resumeFrom?: BoltStageResult;
}

/**
 * BOLT's third stage: online rounds that start from the tuned policy, each measured. The rounds are those of
 * `online-dpo`; only what is judged differs.
 *
 * @source BOLT (arXiv 2502.03860) §3.3
 */
export async function boltOnlineWorkflow(input: BoltOnlineInput): Promise<BoltStageResult> {
  const { run, config, opened } = input;
  const rounds = SFT_ROUND + config.online.rounds;
  const control = new LoopControl(initialProgress('bolt', { stage: 'sample', rounds, round: SFT_ROUND }));
  const { gatherOnlinePrompts } = modelActivities(config.temporal.taskQueue);
  const train = await gatherOnlinePrompts({ run, opened: opened.sets });
  const withPrompts: OpenedRun = { ...opened, sets: { ...opened.sets, train } };

  // Where the stage is run alone, nobody has measured what it starts from.
  const isAlone = !config.stages.includes('sft');
  const begin = async (): Promise<BoltStageResult> => {
    const { policy } = input;
    if (!isAlone) return { policy, evaluations: [], counts: NO_COUNTS };
    const { counts, evaluation } = await measurePolicy(control, { run, config, opened, policy });
    return { policy, evaluations: [evaluation], counts };
  };

  let state = input.resumeFrom ?? (await begin());
  const roundOf = ({ evaluations }: BoltStageResult) => SFT_ROUND + evaluations.length - (isAlone ? 1 : 0);
  while (roundOf(state) < rounds) {
    if (workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof boltOnlineWorkflow>({ ...input, resumeFrom: state });
    }
    const round = roundOf(state) + 1;
    control.report({ stage: 'sample', round, counts: state.counts, evaluations: state.evaluations });
    const made = await control.runChild(roundWorkflow, `${workflowInfo().workflowId}/round-${round}`, [
      { run, config: onlineConfigOf(config), opened: withPrompts, round, policy: state.policy },
    ]);
    const { counts, evaluation } = await measurePolicy(control, { run, config, opened, policy: made.policy });
    state = {
      policy: made.policy,
      evaluations: [...state.evaluations, evaluation],
      counts: [made.counts, counts].reduce(addCounts, state.counts),
    };
  }
  return state;
}
