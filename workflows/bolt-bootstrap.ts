import { workflowInfo } from '@temporalio/workflow';
import type { BoltConfig } from '../configs/schema/bolt-loop.ts';
import { adviseOnYield } from '../domain/bolt/advise-on-yield.ts';
import { addTallies, tallyFormat, type FormatTally } from '../domain/bolt/checked-sample.ts';
import { commonestFault, isYieldTooLow } from '../domain/bolt/yields.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import {
  addCounts,
  judgeUsage,
  NO_COUNTS,
  promptSet,
  type OpenedRun,
  type PromptSet,
  type RolloutCounts,
  type RunRef,
  type ShardTask,
} from '../domain/run.ts';
import { modelActivities } from './activity-proxies.ts';
import { LoopControl } from './loop-control.ts';
import { workThroughShards } from './shard-pipeline.ts';

export interface BoltBootstrapInput {
  readonly run: RunRef;
  readonly config: BoltConfig;
  readonly opened: OpenedRun;
  /** Set when many shards go on in a fresh history. */
  readonly resumeFrom?: BootstrapState;
}

/** Where the stage is: cursors and sums, never lists. */
interface BootstrapState {
  /** What the screens let through. */
  readonly screened?: PromptSet;
  readonly labelled: number;
  /** What the whole curation let through. */
  readonly curated?: PromptSet;
  readonly drawn: number;
  readonly tally: FormatTally;
  readonly counts: RolloutCounts;
  /** Whether the run was held for its yield; once is enough. */
  readonly wasHeld: boolean;
}

export interface BoltBootstrapResult {
  /** Rows of supervised fine-tuning. */
  readonly rows: number;
  readonly curated: PromptSet;
  readonly followed: PromptSet;
  readonly counts: RolloutCounts;
}

/** Continue as new well before the server insists (4,096 events), at about 60 events a shard. */
const SHARDS_PER_RUN = 40;

/**
 * BOLT's first stage: curate queries, draw long chains of thought by in-context learning, keep those that follow the
 * format, score their solutions, cut all scores at one percentile, and keep the best response of each query.
 *
 * @source BOLT (arXiv 2502.03860) §3.1
 */
export async function boltBootstrapWorkflow(input: BoltBootstrapInput): Promise<BoltBootstrapResult> {
  const { run, config, opened } = input;
  const stage = new BootstrapStage(input);
  const { screenCollected, settleCuration, freezeScores, selectThoughts } = modelActivities(config.temporal.taskQueue);

  stage.report('curate');
  const collected = promptSet(opened, 'collected');
  const screened = stage.state.screened ?? (await screenCollected({ run, shards: collected.shards }));
  stage.keep({ screened });
  await stage.labelShards(screened);
  const curated = stage.state.curated ?? (await settleCuration({ run, shards: screened.shards }));
  stage.keep({ curated });

  stage.report('bootstrap');
  await stage.drawShards(curated);

  // The barrier: every score is there and none may come after.
  await freezeScores({ run, shards: curated.shards });
  const { rows, all, followed } = await selectThoughts({ run, shards: curated.shards });
  if (rows === 0 || isYieldTooLow(all, config.bootstrap)) await stage.hold(all, rows);
  return { rows, curated, followed, counts: stage.state.counts };
}

/** The two passes over shards, and the watch over the yield. */
class BootstrapStage {
  state: BootstrapState;
  private readonly input: BoltBootstrapInput;
  private readonly control: LoopControl;

  constructor(input: BoltBootstrapInput) {
    this.input = input;
    this.control = new LoopControl(initialProgress('bolt', { stage: 'curate' }));
    this.state = input.resumeFrom ?? {
      labelled: 0,
      drawn: 0,
      tally: tallyFormat([]),
      counts: NO_COUNTS,
      wasHeld: false,
    };
  }

  keep(change: Partial<BootstrapState>): void {
    this.state = { ...this.state, ...change };
  }

  report(stage: 'curate' | 'bootstrap'): void {
    this.control.report({ stage, done: 0, total: 0, counts: this.state.counts });
  }

  async labelShards({ shards, rows }: PromptSet): Promise<void> {
    const { run, config } = this.input;
    const { labelQueries } = modelActivities(config.temporal.taskQueue);
    const rowsBefore = (shard: number) => Math.min(shard * config.shards.rows, rows);
    this.control.report({ done: rowsBefore(this.state.labelled), total: rows });
    let done = rowsBefore(this.state.labelled);
    await this.pass('labelled', shards, async (shard) => {
      this.addCounts(await labelQueries({ run, shard }));
      done += rowsBefore(shard + 1) - rowsBefore(shard);
      this.control.report({ done });
    });
  }

  async drawShards({ shards, rows }: PromptSet): Promise<void> {
    const { samplesPerPrompt, samplesPerCall } = this.input.config.bootstrap.sampling;
    const perQuery = samplesPerPrompt / samplesPerCall;
    let done = Math.min(this.state.drawn * this.input.config.shards.rows, rows) * perQuery;
    let total = rows * perQuery;
    this.control.report({ done, total });
    await this.pass('drawn', shards, async (shard) => {
      await this.drawShard(shard, (queries, attempt) => {
        done += queries * perQuery;
        // Nobody knows before its attempts are over how often a query has to be asked again.
        if (attempt > 1) total += queries * perQuery;
        this.control.report({ done, total });
      });
      if (!this.state.wasHeld && isYieldTooLow(this.state.tally, this.input.config.bootstrap)) {
        await this.hold(this.state.tally, null);
      }
    });
  }

  /** Pauses the run once, with the numbers and what to do about the commonest fault. */
  async hold({ samples, valid, fates }: FormatTally, rows: number | null): Promise<void> {
    if (this.state.wasHeld && rows !== 0) return;
    this.keep({ wasHeld: true });
    const fault = commonestFault({ fates });
    const most = fault === null ? '' : ` Most often: ${fault} (${fates[fault]}). ${adviseOnYield(fault)}`;
    const end =
      rows === 0
        ? '`tickloop resume` ends the run here, since there is nothing to train on; `tickloop stop` ends it as stopped.'
        : '`tickloop resume` goes on with what there is, `tickloop stop` ends the run.';
    await this.control.hold(
      `${valid} of ${samples} responses follow the format; bootstrap.minYield asks for a share of ${this.input.config.bootstrap.minYield}${rows === null ? '' : `, and ${rows} rows came of them`}.${most} ${end}`,
    );
  }

  private async drawShard(shard: number, onDrawn: (queries: number, attempt: number) => void): Promise<void> {
    const { run, config, opened } = this.input;
    const { drawThoughts, checkThoughts, judge, scoreSolutions } = modelActivities(config.temporal.taskQueue);
    for (let attempt = 1; attempt <= config.bootstrap.attempts; attempt += 1) {
      const task: ShardTask = { run, stage: 'bootstrap', round: attempt, shard, policy: opened.basePolicy };
      const { queries, counts } = await drawThoughts(task);
      if (queries === 0) return;
      this.addCounts(counts);
      onDrawn(queries, attempt);
      const tally = await checkThoughts(task);
      this.keep({ tally: addTallies(this.state.tally, tally) });
      // Only solutions go to judges: the thoughts are not in what they are given.
      const solutions: ShardTask = { ...task, stage: 'solutions' };
      if (config.bootstrap.scorer === 'checklist') this.addCounts(judgeUsage(await judge(solutions)));
      await scoreSolutions(solutions);
    }
  }

  private addCounts(counts: RolloutCounts): void {
    this.keep({ counts: addCounts(this.state.counts, counts) });
    this.control.report({ counts: this.state.counts });
  }

  private async pass(
    cursor: 'labelled' | 'drawn',
    shards: number,
    work: (shard: number) => Promise<void>,
  ): Promise<void> {
    const firstShard = this.state[cursor];
    const endShard = Math.min(shards, firstShard + SHARDS_PER_RUN);
    const { inFlight } = this.input.config.shards;
    await workThroughShards({ control: this.control, firstShard, endShard, inFlight, work });
    this.keep({ [cursor]: endShard });
    if (endShard < shards || (workflowInfo().continueAsNewSuggested && endShard > firstShard)) {
      await this.control.goOnAfresh<typeof boltBootstrapWorkflow>({ ...this.input, resumeFrom: this.state });
    }
  }
}
