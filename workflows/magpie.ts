import { condition, workflowInfo } from '@temporalio/workflow';
import type { MagpieConfig } from '../configs/schema/magpie.ts';
import { initialProgress } from '../domain/loop-progress.ts';
import { addCounts, NO_COUNTS, type RolloutCounts, type RunResult } from '../domain/run.ts';
import {
  batchesToSettle,
  decideNextBatch,
  describeShortfall,
  type SynthesisGoal,
  type SynthesisState,
} from '../domain/synthesis/batch-demand.ts';
import { describeFailed, describeUnread } from '../domain/synthesis/batch-holes.ts';
import { modelActivities, openingActivities } from './activity-proxies.ts';
import { InOrder } from './in-order.ts';
import { LoopControl } from './loop-control.ts';
import type { LoopInput } from './loop-input.ts';
import { runToReport } from './reported-run.ts';

/** A run of Magpie, and where a long one goes on in a fresh history. */
export interface MagpieInput extends LoopInput<MagpieConfig> {
  readonly resumeFrom?: MagpieState;
}

/** Sums alone: a number for each of a million batches would be more than a history may begin with. */
interface MagpieState {
  /** Batches that are done, and rows that they have kept: fewer than are to be kept, so the dataset takes from all of them. */
  readonly finishedBatches: number;
  readonly kept: number;
  readonly rowsToKeep: number;
  readonly counts: RolloutCounts;
  /** Whether the run was held for bad queries; once is enough. */
  readonly wasHeld: boolean;
  /** Whether it was held for tags that could not be read: what the tagger is, it stays. */
  readonly wasHeldForTags?: boolean;
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
    const { planSynthesis, gatherPreferences, settleDataset } = modelActivities(config.temporal.taskQueue);
    let state = input.resumeFrom;
    if (state === undefined) {
      await openingActivities(config.temporal.taskQueue).openRun({ run, config });
      const { rowsToKeep } = await planSynthesis(run);
      state = { finishedBatches: 0, kept: 0, rowsToKeep, counts: NO_COUNTS, wasHeld: false };
    }
    const batches = new MagpieBatches(input, state, control);
    await batches.untilEnough();
    shortfall = describeShortfall(batches.state, { ...batches.goal, numRows: config.numRows });
    const settled = batches.toSettle();
    const { mixShortfall } = await settleDataset({
      run,
      batches: settled,
      numRows: config.numRows,
      shuffle: false,
      ...(shortfall === null ? {} : { shortfall }),
    });
    if (mixShortfall !== null) shortfall = shortfall === null ? mixShortfall : `${shortfall} ${mixShortfall}`;
    if (config.quality.preferences !== undefined) await gatherPreferences({ run, batches: settled });
  };

  return runToReport(input, control, work, () => ({ reason: shortfall }));
}

/** The batches of one history, several in flight. */
class MagpieBatches {
  state: SynthesisState;
  counts: RolloutCounts;
  readonly goal: SynthesisGoal;
  /** Rows that the batches of this history have kept, in order. */
  private readonly kept_B: number[] = [];
  private wasHeld: boolean;
  private wasHeldForTags: boolean;
  private readonly firstBatch: number;
  private readonly keptBefore: number;
  private readonly input: MagpieInput;
  private readonly control: LoopControl;
  private readonly screening: InOrder;
  private readonly comparing: InOrder;

  constructor(
    input: MagpieInput,
    { finishedBatches: begun, kept, rowsToKeep, counts, wasHeld, wasHeldForTags = false }: MagpieState,
    control: LoopControl,
  ) {
    this.input = input;
    this.control = control;
    this.goal = { rowsToKeep, maxBatches: input.config.maxBatches };
    this.keptBefore = kept;
    this.state = { kept, finishedBatches: begun, startedBatches: begun };
    this.counts = counts;
    this.wasHeld = wasHeld;
    this.wasHeldForTags = wasHeldForTags;
    this.firstBatch = begun;
    this.screening = new InOrder(begun);
    this.comparing = new InOrder(begun);
    this.report();
  }

  /** Works on batches until the rows are there or no batch may follow; goes on in a fresh history when this one is long. */
  async untilEnough(): Promise<void> {
    await Promise.all(Array.from({ length: this.input.config.shards.inFlight }, () => this.lane()));
    if (decideNextBatch(this.state, this.goal) === 'end') return;
    const { counts, wasHeld, wasHeldForTags } = this;
    const { finishedBatches, kept } = this.state;
    const { rowsToKeep } = this.goal;
    const resumeFrom: MagpieState = { finishedBatches, kept, rowsToKeep, counts, wasHeld, wasHeldForTags };
    await this.control.goOnAfresh<(input: MagpieInput) => Promise<RunResult>>({ ...this.input, resumeFrom });
  }

  /** The batches that the dataset is taken from: as few of the first ones as are enough. */
  toSettle(): number {
    return this.firstBatch + batchesToSettle(this.kept_B, this.goal.rowsToKeep - this.keptBefore);
  }

  private async lane(): Promise<void> {
    for (;;) {
      await this.control.untilRunning();
      const next = decideNextBatch(this.state, this.goal);
      if (next === 'end' || this.isHistoryFull()) return;
      if (next === 'wait') {
        const { finishedBatches } = this.state;
        await condition(() => this.state.finishedBatches > finishedBatches);
        continue;
      }
      const batch = this.state.startedBatches;
      this.state = { ...this.state, startedBatches: batch + 1 };
      const kept = await this.workOn(batch);
      this.kept_B[batch - this.firstBatch] = kept;
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
    const {
      sampleQueries,
      screenQueries,
      tagBatch,
      compareBatch,
      answerQueries,
      rewardBatch,
      filterBatch,
      drawPreferences,
    } = modelActivities(config.temporal.taskQueue);

    const sampled = await sampleQueries(task); // q ~ p(. | T_pre)
    this.add(sampled);
    await this.holdIf(describeFailed('queries', batch, sampled.failed, sampled.queries, config.limits));
    await this.holdIfTemplateIsWrong(sampled);
    // One batch holds all of them: none goes on to what is paid for while somebody looks at the rows.
    await this.control.untilRunning();
    // Duplicates and neighbours are looked for among all earlier queries: these two keep the order of batches.
    await this.screening.take(batch, () => screenQueries(task));
    const tagged = await tagBatch(task);
    this.add(tagged);
    await this.holdIfTagsAreUnread(batch, tagged);
    this.add(await this.comparing.take(batch, () => compareBatch(task)));
    await this.control.untilRunning();
    const answered = await answerQueries(task); // r ~ p(. | T_pre + q + T_post)
    this.add(answered);
    const { replies, failedReplies } = answered;
    await this.holdIf(describeFailed('replies', batch, failedReplies, replies + failedReplies, config.limits));
    this.add(await rewardBatch(task));
    const { alive } = await filterBatch(task);
    if (config.quality.preferences !== undefined) this.add(await drawPreferences(task));
    return alive;
  }

  /** Empty queries and queries without an end are the marks of a wrong template; more of them would only cost. */
  private async holdIfTemplateIsWrong(sampled: {
    readonly queries: number;
    readonly empty: number;
    readonly cut: number;
    readonly looped?: number;
  }): Promise<void> {
    const { queries, empty, cut, looped = 0 } = sampled;
    const { maxEmptyShare, maxLengthShare } = this.input.config.screening;
    const endless = cut + looped;
    const orLooped = looped === 0 ? '' : ' or were ended as they looped';
    const [found, field, limit] =
      empty > maxEmptyShare * queries
        ? [`${empty} of ${queries} queries are empty`, 'screening.maxEmptyShare', maxEmptyShare]
        : [
            `${endless} of ${queries} queries ran on to their length limit${orLooped}`,
            'screening.maxLengthShare',
            maxLengthShare,
          ];
    if (this.wasHeld || (empty <= maxEmptyShare * queries && endless <= maxLengthShare * queries)) return;
    this.wasHeld = true;
    await this.control.hold(
      `${found}, more than ${field} allows (${limit}): the model does not take what its template writes for the beginning of a query, or the sampling is too hot. Look at the rows, then \`tickloop resume\` to go on as it is or \`tickloop stop\` to end the run.`,
    );
  }

  private async holdIfTagsAreUnread(
    batch: number,
    { tagged, unread }: { readonly tagged: number; readonly unread: Readonly<Record<string, number>> },
  ): Promise<void> {
    const reason = describeUnread(batch, tagged, unread, this.input.config.limits);
    if (reason === null || this.wasHeldForTags) return;
    this.wasHeldForTags = true;
    await this.control.hold(reason);
  }

  /** A failed call is a hole in the data, many of them are a fault. */
  private async holdIf(reason: string | null): Promise<void> {
    if (reason !== null) await this.control.hold(reason);
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
    const { rowsToKeep } = this.goal;
    const done = Math.min(this.state.kept, rowsToKeep);
    this.control.report({ stage: 'synthesize', done, total: rowsToKeep, counts: this.counts });
  }

  private isHistoryFull(): boolean {
    const begun = this.state.startedBatches - this.firstBatch;
    return begun >= BATCHES_PER_RUN || (begun > 0 && workflowInfo().continueAsNewSuggested);
  }
}
