import { condition } from '@temporalio/workflow';

/** Lets batches through one stage strictly in order, however they came to it. */
export class InOrder {
  private next: number;

  constructor(first: number) {
    this.next = first;
  }

  /** Does the work when all earlier batches have done theirs. */
  async take<Result>(batch: number, work: () => Promise<Result>): Promise<Result> {
    await condition(() => this.next === batch);
    const result = await work();
    this.next += 1;
    return result;
  }
}
