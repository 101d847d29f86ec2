import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  setHandler,
  startChild,
  ChildWorkflowCancellationType,
  type Workflow,
  type WorkflowResultType,
} from '@temporalio/workflow';
import type { LoopProgress } from '../domain/loop-progress.ts';
import { addCounts, type RolloutCounts } from '../domain/run.ts';

/** No new shard, round or training starts; what is in the air is finished and kept. */
export const pauseSignal = defineSignal('pause');
export const resumeSignal = defineSignal('resume');
/** Ends the run: calls in the air are cancelled, what was paid for is kept, a report is written. */
export const stopSignal = defineSignal('stop');
export const progressQuery = defineQuery<LoopProgress>('progress');

/** Pause, resume and progress of one workflow and, through it, of the child that is at work. */
export class LoopControl {
  private paused = false;
  private activeChild: string | null = null;
  private progress: LoopProgress;

  constructor(initial: LoopProgress) {
    this.progress = initial;
    setHandler(pauseSignal, () => this.setPaused(true));
    setHandler(resumeSignal, () => this.setPaused(false));
    setHandler(progressQuery, () => ({ ...this.progress, paused: this.paused, activeChild: this.activeChild }));
  }

  /** Replaces the named parts of the progress; what is done of a stage or a part of it begins anew with the next one. */
  report(change: Partial<LoopProgress>): void {
    const isNext = change.stage !== undefined || change.part !== undefined;
    this.progress = { ...this.progress, ...(isNext ? { part: null, done: 0, total: 0 } : {}), ...change };
  }

  /** Adds what a child or a step has finished to the counts of this workflow, so that none are missing until its caller sums them up. */
  addCounts(counts: RolloutCounts): void {
    this.report({ counts: addCounts(this.progress.counts, counts) });
  }

  /** Pauses the run by itself and says why; it goes on when someone resumes it. */
  async hold(reason: string): Promise<void> {
    this.report({ heldBecause: reason });
    await this.setPaused(true);
    await this.untilRunning();
    this.report({ heldBecause: null });
  }

  /** Waits while the run is paused. */
  async untilRunning(): Promise<void> {
    await condition(() => !this.paused);
  }

  /**
   * Goes on in a fresh history, which begins unpaused and uncancelled: a pause that came meanwhile is waited for here, and a
   * stop ends the run.
   */
  async goOnAfresh<F extends Workflow>(...args: Parameters<F>): Promise<never> {
    await this.untilRunning();
    return await continueAsNew<F>(...args);
  }

  /** Runs a child to its end; pause and resume are passed on to it. */
  async runChild<T extends Workflow>(
    workflow: T,
    workflowId: string,
    args: Parameters<T>,
  ): Promise<WorkflowResultType<T>> {
    await this.untilRunning();
    const child = await startChild<Workflow>(workflow as Workflow, {
      workflowId,
      args,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    });
    this.activeChild = workflowId;
    try {
      if (this.paused) await child.signal(pauseSignal);
      return (await child.result()) as WorkflowResultType<T>;
    } finally {
      this.activeChild = null;
    }
  }

  private async setPaused(paused: boolean): Promise<void> {
    this.paused = paused;
    if (this.activeChild === null) return;
    try {
      await getExternalWorkflowHandle(this.activeChild).signal(paused ? pauseSignal : resumeSignal);
    } catch {
      // The child ended in the meantime: the next one starts only when this workflow is not paused.
    }
  }
}
