import { condition, defineUpdate, setHandler } from '@temporalio/workflow';
import type { ApprovalRequest } from '../domain/gates/approval-request.ts';
import type { RoundAnswer } from '../domain/gates/decide-round.ts';
import type { LoopControl } from './loop-control.ts';

/** What a person says of the round that waits; refused while none does. Returns the number of that round. */
export const answerUpdate = defineUpdate<number, [RoundAnswer]>('answer');

/** Lets a run wait for a person. */
export class Approvals {
  private readonly control: LoopControl;
  private waiting: ApprovalRequest | null = null;
  private answer: RoundAnswer | null = null;

  constructor(control: LoopControl) {
    this.control = control;
    setHandler(
      answerUpdate,
      (answer) => {
        this.answer = answer;
        return this.waiting?.round ?? 0;
      },
      {
        validator: (_answer: RoundAnswer) => {
          if (this.waiting === null || this.answer !== null) throw new Error('No round waits for an answer.');
        },
      },
    );
  }

  /** Shows what is waited for, and waits. A pause does not matter: nothing is at work. */
  async ask(request: ApprovalRequest): Promise<RoundAnswer> {
    this.waiting = request;
    this.answer = null;
    this.control.report({ awaits: request });
    try {
      await condition(() => this.answer !== null);
      return this.answer ?? 'reject';
    } finally {
      this.waiting = null;
      this.control.report({ awaits: null });
    }
  }
}
