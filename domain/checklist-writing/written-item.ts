import type { Item } from '../checklist.ts';

/** One question as a writer put it down, before anything is checked. */
export interface WrittenItem {
  readonly question: string;
  readonly kind?: Exclude<Item['kind'], undefined>;
  /** As written; whether it is an integer from 0 to 100 is checked later. `undefined` where none stands. */
  readonly weight?: number;
}

/** What could be read of a writer's reply. */
export interface WrittenChecklist {
  /** What stands before the questions, at most 2,000 characters. */
  readonly analysis: string;
  readonly items: readonly WrittenItem[];
}
