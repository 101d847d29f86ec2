import { workflowInfo } from '@temporalio/workflow';
import type { SkillmixConfig } from '../configs/schema/skillmix.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import { addCounts, type RolloutCounts, type RunResult } from '../domain/run.ts';
import { addFailures, type FailureCount } from '../domain/skillmix/add-failures.ts';
import { adviseOnFailure } from '../domain/skillmix/advise.ts';
import type { DropCount } from '../domain/synthesis/settle-dataset.ts';
import { modelActivities, openingActivities } from './activity-proxies.ts';
import { LoopControl } from './loop-control.ts';
import type { LoopInput } from './loop-input.ts';
import { runToReport } from './reported-run.ts';
import { workThroughShards } from './shard-pipeline.ts';

export interface SkillmixInput extends LoopInput<SkillmixConfig> {
  /** Set when a long run goes on in a fresh history. */
  readonly resumeFrom?: SkillmixState;
}

/** Where the run is: cursors and sums, never lists. */
interface SkillmixState {
  /** Waves that are settled. */
  readonly wave: number;
  /** Batches of those waves. */
  readonly settledBatches: number;
  /** The wave at work; `null` between two. */
  readonly plan: { readonly batches: number; readonly pairs: number } | null;
  /** Batches of it that are written. */
  readonly written: number;
  readonly kept: number;
  readonly pairs: number;
  /** Of all waves, most frequent first. */
  readonly failures: readonly FailureCount[];
  readonly counts: RolloutCounts;
}

const BEGIN: Omit<SkillmixState, 'counts'> = {
  wave: 0,
  settledBatches: 0,
  plan: null,
  written: 0,
  kept: 0,
  pairs: 0,
  failures: [],
};

/** Continue as new well before the server insists (4,096 events), at about 6 events a batch. */
const BATCHES_PER_RUN = 300;

/**
 * Instruct-SkillMix: an inventory of skills, a random combination for every row, and for each a message and an answer that
 * are drafted, criticised and refined. Combinations that gave no row are drawn anew, wave by wave, until every row is there
 * or has had its redraws.
 *
 * @source Instruct-SkillMix (arXiv 2408.14774)
 */
export async function skillmixWorkflow(input: SkillmixInput): Promise<RunResult> {
  const { run, config } = input;
  const control = new LoopControl(initialProgress('skillmix', { stage: 'preflight' }));
  let shortfall: string | null = null;

  const work = async (): Promise<void> => {
    const { buildInventory, settleDataset } = modelActivities(config.temporal.taskQueue);
    let begun = input.resumeFrom;
    if (begun === undefined) {
      await openingActivities(config.temporal.taskQueue).openRun({ run, config });
      control.report({ stage: 'inventory' });
      const { counts } = await buildInventory({ run }); //        skills, query types <- extract(teacher)
      begun = { ...BEGIN, counts };
    }
    const waves = new SkillmixWaves(input, control, begun);
    const { settledBatches, counts } = await waves.run(); // rows <- refine(critique(draft(k skills, type)))

    control.report({ stage: 'settle' });
    shortfall = waves.describeShortfall();
    const { promptTokens: prompt, completionTokens: completion, unreportedUsage } = counts;
    // Without a row it fails with `data/no-rows` and the reason.
    await settleDataset({
      run,
      batches: settledBatches,
      numRows: config.numRows,
      shuffle: true,
      ...(shortfall === null ? {} : { shortfall }),
      failed: waves.describeFailed(),
      // A sum that lacks calls would pass for a cost.
      ...(unreportedUsage === 0 ? { tokens: { prompt, completion } } : {}),
    });
  };
  return runToReport(input, control, work, () => ({ reason: shortfall }));
}

/** The waves of a run: plan, write batch by batch in a window, settle. */
class SkillmixWaves {
  private state: SkillmixState;
  private readonly input: SkillmixInput;
  private readonly control: LoopControl;

  constructor(input: SkillmixInput, control: LoopControl, state: SkillmixState) {
    this.input = input;
    this.control = control;
    this.state = state;
  }

  async run(): Promise<SkillmixState> {
    const { run, config } = this.input;
    const { planSkillmixWave, settleSkillmixWave } = modelActivities(config.temporal.taskQueue);
    while (this.state.kept < config.numRows && this.state.wave <= config.generation.redraws) {
      await this.control.untilRunning();
      const { wave, settledBatches: firstBatch } = this.state;
      const plan = this.state.plan ?? (await planSkillmixWave({ run, wave, firstBatch }));
      this.keep({ plan });
      this.report();
      await this.writeBatches(plan.batches);
      const { pairs, kept, failures } = await settleSkillmixWave({ run, wave, firstBatch, batches: plan.batches });
      this.keep({
        wave: wave + 1,
        settledBatches: firstBatch + plan.batches,
        plan: null,
        written: 0,
        kept: this.state.kept + kept,
        pairs: this.state.pairs + pairs,
        failures: addFailures(this.state.failures, failures),
      });
      this.report();
      if (wave === 0 && kept < config.generation.minYield * pairs) await this.hold(kept, pairs, failures);
      if (workflowInfo().continueAsNewSuggested) await this.goOnAfresh();
    }
    return this.state;
  }

  /** Why the dataset has fewer rows than were asked for; `null` where it has them all. */
  describeShortfall(): string | null {
    const { kept, pairs, failures } = this.state;
    const [mostOften] = failures;
    const { numRows, generation } = this.input.config;
    if (kept >= numRows) return null;
    const why = mostOften === undefined ? '' : ` Most often: ${mostOften.failed}. ${adviseOnFailure(mostOften.failed)}`;
    return `${kept} of ${numRows} rows: ${pairs} pairs were tried, each row with at most ${generation.redraws} redraws (generation.redraws).${why}`;
  }

  /** Pairs that never became a row; a message that repeats another is a row that was dropped. */
  describeFailed(): readonly DropCount[] {
    return this.state.failures
      .filter(({ failed }) => failed !== 'duplicate')
      .map(({ failed, count }) => ({ by: 'skillmix', reason: failed, rows: count }));
  }

  private keep(change: Partial<SkillmixState>): void {
    this.state = { ...this.state, ...change };
  }

  private report(): void {
    const { written, plan, counts } = this.state;
    const { rows } = this.input.config.shards;
    const total = plan?.pairs ?? 0;
    this.control.report({ stage: 'generate', done: Math.min(written * rows, total), total, counts });
  }

  private async writeBatches(batches: number): Promise<void> {
    const { run, config } = this.input;
    const { generateSkillmix } = modelActivities(config.temporal.taskQueue);
    const firstShard = this.state.written;
    const endShard = Math.min(batches, firstShard + BATCHES_PER_RUN);
    let done = firstShard;
    await workThroughShards({
      control: this.control,
      firstShard,
      endShard,
      inFlight: config.shards.inFlight,
      work: async (index) => {
        const counts = await generateSkillmix({ run, batch: this.state.settledBatches + index });
        done += 1;
        this.keep({ counts: addCounts(this.state.counts, counts), written: done });
        this.report();
      },
    });
    if (endShard < batches) await this.goOnAfresh();
  }

  private goOnAfresh(): Promise<never> {
    return this.control.goOnAfresh<typeof skillmixWorkflow>({ ...this.input, resumeFrom: this.state });
  }

  /** Pauses the run once, with the numbers and what to do about the commonest failure. */
  private async hold(kept: number, pairs: number, [mostOften]: readonly FailureCount[]): Promise<void> {
    const why =
      mostOften === undefined
        ? ''
        : ` Most often: ${mostOften.failed} (${mostOften.count}). ${adviseOnFailure(mostOften.failed)}`;
    await this.control.hold(
      `${kept} of the first ${pairs} pairs gave a row, and generation.minYield asks for a share of ${this.input.config.generation.minYield}.${why} \`tickloop resume\` goes on with redraws, \`tickloop stop\` ends the run.`,
    );
  }
}
