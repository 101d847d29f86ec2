import { condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { MagpieConfig } from '../configs/schema/magpie.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import { addCounts, NO_COUNTS, type RolloutCounts, type RunResult } from '../domain/run.ts';
import { decideNextBatch, describeShortfall, type SynthesisState } from '../domain/synthesis/batch-demand.ts';
import { modelActivities, openingActivities } from './activity-proxies.ts';
import { InOrder } from './in-order.ts';
import { LoopControl } from './loop-control.ts';
import type { LoopInput } from './loop-input.ts';
import { runToReport } from './reported-run.ts';

/** A run of Magpie, and where a long one goes on in a fresh history. */
export interface MagpieInput extends LoopInput<MagpieConfig> {
  readonly resumeFrom?: MagpieState;
}

/** Sums and a cursor, never lists. */
interface MagpieState {
  readonly kept: number;
  /** Batches that are done: all before this one. */
  readonly nextBatch: number;
  readonly counts: RolloutCounts;
  /** Whether the run was held for bad queries; once is enough. */
  readonly wasHeld: boolean;
}

/** Continue as new well before the server insists (4,096 events), at about 60 events a batch. */
const BATCHES_PER_RUN = 40;

/**
 * Magpie: an aligned model writes what users would say after nothing but its chat template, and then answers it. Batches of
 * queries go through the stages until exactly as many rows are kept as were asked for.
 *
 * @source Magpie (arXiv 2406.08464) §2
 */
export async function magpieWorkflow(input: MagpieInput): Promise<RunResult> {
  const { run, config } = input;
  const control = new LoopControl(initialProgress('magpie', { stage: 'preflight' }));
  let shortfall: string | null = null;

  const work = async (): Promise<void> => {
    if (input.resumeFrom === undefined) await openingActivities(config.temporal.taskQueue).openRun({ run, config });
    const batches = new MagpieBatches(input, control);
    await batches.untilEnough();
    shortfall = describeShortfall(batches.state, config);
    await modelActivities(config.temporal.taskQueue).settleDataset({
      run,
      batches: batches.state.finishedBatches,
      numRows: config.numRows,
      shuffle: false,
      ...(shortfall === null ? {} : { shortfall }),
    });
  };

  return runToReport(input, control, work, () => ({ reason: shortfall }));
}

/** The batches of one history, several in flight. */
class MagpieBatches {
  state: SynthesisState;
  private counts: RolloutCounts;
  private wasHeld: boolean;
  private readonly firstBatch: number;
  private readonly input: MagpieInput;
  private readonly control: LoopControl;
  private readonly screening: InOrder;
  private readonly comparing: InOrder;

  constructor(input: MagpieInput, control: LoopControl) {
    const { kept = 0, nextBatch = 0, counts = NO_COUNTS, wasHeld = false } = input.resumeFrom ?? {};
    this.input = input;
    this.control = control;
    this.state = { kept, finishedBatches: nextBatch, startedBatches: nextBatch };
    this.counts = counts;
    this.wasHeld = wasHeld;
    this.firstBatch = nextBatch;
    this.screening = new InOrder(nextBatch);
    this.comparing = new InOrder(nextBatch);
    this.report();
  }

  /** Works on batches until the rows are there or no batch may follow; goes on in a fresh history when this one is long. */
  async untilEnough(): Promise<void> {
    const { config } = this.input;
    await Promise.all(Array.from({ length: config.shards.inFlight }, () => this.lane()));
    if (decideNextBatch(this.state, config) === 'end') return;
    await continueAsNew<(input: MagpieInput) => Promise<RunResult>>({
      ...this.input,
      resumeFrom: {
        kept: this.state.kept,
        nextBatch: this.state.finishedBatches,
        counts: this.counts,
        wasHeld: this.wasHeld,
      },
    });
  }

  private async lane(): Promise<void> {
    for (;;) {
      await this.control.untilRunning();
      const next = decideNextBatch(this.state, this.input.config);
      if (next === 'end' || this.isHistoryFull()) return;
      if (next === 'wait') {
        const { finishedBatches } = this.state;
        await condition(() => this.state.finishedBatches > finishedBatches);
        continue;
      }
      const batch = this.state.startedBatches;
      this.state = { ...this.state, startedBatches: batch + 1 };
      const kept = await this.workOn(batch);
      this.state = {
        ...this.state,
        finishedBatches: this.state.finishedBatches + 1,
        kept: this.state.kept + kept,
      };
      this.report();
    }
  }

  /** Takes one batch through all stages; returns how many of its rows are kept. */
  private async workOn(batch: number): Promise<number> {
    const { run, config } = this.input;
    const task = { run, batch };
    const { sampleQueries, screenQueries, tagBatch, compareBatch, answerQueries, rewardBatch, filterBatch } =
      modelActivities(config.temporal.taskQueue);

    const sampled = await sampleQueries(task); // q ~ p(. | T_pre)
    this.add(sampled);
    await this.holdIfTemplateIsWrong(sampled);
    // Duplicates and neighbours are looked for among all earlier queries: these two keep the order of batches.
    await this.screening.take(batch, () => screenQueries(task));
    this.add(await tagBatch(task));
    await this.comparing.take(batch, () => compareBatch(task));
    this.add(await answerQueries(task)); //      r ~ p(. | T_pre + q + T_post)
    await rewardBatch(task);
    return (await filterBatch(task)).alive;
  }

  /** Empty queries and queries without an end are the marks of a wrong template; more of them would only cost. */
  private async holdIfTemplateIsWrong(sampled: {
    readonly queries: number;
    readonly empty: number;
    readonly cut: number;
  }): Promise<void> {
    const { queries, empty, cut } = sampled;
    const { maxEmptyShare, maxLengthShare } = this.input.config.screening;
    const [found, field, limit] =
      empty > maxEmptyShare * queries
        ? [`${empty} of ${queries} queries are empty`, 'screening.maxEmptyShare', maxEmptyShare]
        : [`${cut} of ${queries} queries ran on to their length limit`, 'screening.maxLengthShare', maxLengthShare];
    if (this.wasHeld || (empty <= maxEmptyShare * queries && cut <= maxLengthShare * queries)) return;
    this.wasHeld = true;
    await this.control.hold(
      `${found}, more than ${field} allows (${limit}): the model does not take what its template writes for the beginning of a query, or the sampling is too hot. Look at the rows, then \`tickloop resume\` to go on as it is or \`tickloop stop\` to end the run.`,
    );
  }

  private add({
    calls,
    promptTokens,
    completionTokens,
  }: Pick<RolloutCounts, 'calls' | 'promptTokens' | 'completionTokens'>): void {
    this.counts = addCounts(this.counts, { ...NO_COUNTS, calls, promptTokens, completionTokens });
    this.report();
  }

  private report(): void {
    const { numRows } = this.input.config;
    const done = Math.min(this.state.kept, numRows);
    this.control.report({ stage: 'synthesize', done, total: numRows, counts: this.counts });
  }

  private isHistoryFull(): boolean {
    const begun = this.state.startedBatches - this.firstBatch;
    return begun >= BATCHES_PER_RUN || (begun > 0 && workflowInfo().continueAsNewSuggested);
  }
}
