import { workflowInfo } from '@temporalio/workflow';
import type { BoltConfig } from '../configs/schema/bolt-loop.ts';
import { heldOutMean } from '../domain/gates/best-version.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import {
  addCounts,
  NO_COUNTS,
  type BestVersion,
  type Evaluation,
  type OpenedRun,
  type RolloutCounts,
  type RunResult,
} from '../domain/run.ts';
import { modelActivities, openingActivities } from './activity-proxies.ts';
import { boltBootstrapWorkflow } from './bolt-bootstrap.ts';
import { boltOnlineWorkflow } from './bolt-online.ts';
import { boltSftWorkflow } from './bolt-sft.ts';
import type { LoopInput } from './loop-input.ts';
import { LoopControl } from './loop-control.ts';
import { runToReport } from './reported-run.ts';
import { rulerOf } from './measure-policy.ts';

/**
 * A run of BOLT: the stages that its config names, each a workflow of its own. A run that begins with a later stage goes on
 * from what another run has made. A first stage without a row ends the run: nothing is trained on nothing.
 *
 * @source BOLT (arXiv 2502.03860)
 */
export async function boltWorkflow(input: LoopInput<BoltConfig>): Promise<RunResult> {
  const { run, config } = input;
  const { stages } = config;
  const rounds = (stages.includes('sft') ? 1 : 0) + (stages.includes('online') ? config.online.rounds : 0);
  const control = new LoopControl(initialProgress('bolt', { stage: 'preflight', rounds }));
  const idOf = (stage: string) => `${workflowInfo().workflowId}/${stage}`;
  let counts = NO_COUNTS;
  let evaluations: readonly Evaluation[] = [];
  let opened: OpenedRun;
  let tuned: PolicyVersion | null = null;
  let best: BestVersion | null = null;
  let endedBecause: string | null = null;

  const add = (made: { readonly counts: RolloutCounts; readonly evaluations: readonly Evaluation[] }): void => {
    counts = addCounts(counts, made.counts);
    evaluations = [...evaluations, ...made.evaluations];
    control.report({ counts, evaluations });
  };

  /** Leaves the rows or the policy that the next stage starts from; false when there is nothing to start from. */
  const begin = async (): Promise<boolean> => {
    opened = await openingActivities(config.temporal.taskQueue).openRun({ run, config });
    if (!stages.includes('bootstrap')) {
      const adopted = await modelActivities(config.temporal.taskQueue).adoptRun({ run });
      opened = { ...opened, sets: { ...opened.sets, followed: adopted.followed } };
      tuned = adopted.tuned;
      return true;
    }
    control.report({ stage: 'curate' });
    const made = await control.runChild(boltBootstrapWorkflow, idOf('bootstrap'), [{ run, config, opened }]);
    const { curated, followed } = made;
    opened = { ...opened, sets: { ...opened.sets, curated, followed } };
    counts = made.counts;
    control.report({ counts });
    return made.rows > 0;
  };

  const work = async (): Promise<void> => {
    if (!(await begin())) return;
    let measured: Evaluation | null = null;
    if (stages.includes('sft')) {
      control.report({ stage: 'evaluate' });
      const made = await control.runChild(boltSftWorkflow, idOf('sft'), [{ run, config, opened }]);
      add(made);
      tuned = made.policy;
      [, measured] = made.evaluations;
      best = { round: tuned.round, policy: tuned, mean: heldOutMean(measured, rulerOf(config, opened)) };
    }
    if (stages.includes('online') && tuned !== null) {
      control.report({ stage: 'sample' });
      const input = { run, config, opened, policy: tuned, measured };
      const made = await control.runChild(boltOnlineWorkflow, idOf('online'), [input]);
      add({ counts: made.counts, evaluations: made.evaluations.slice(measured === null ? 0 : 1) });
      ({ best, endedBecause } = made);
    }
  };

  return runToReport(input, control, work, () => ({ reason: endedBecause, ...(best === null ? {} : { best }) }));
}
