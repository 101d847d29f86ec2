import type { FinishReason } from '../completion.ts';
import type { Slot } from './slots.ts';
import type { PairChange } from './measure-change.ts';
import type { Pair, PairFault } from './pair.ts';
import type { GateVerdict } from './preference.ts';

/** A row to be had and the combination that is tried for it. */
export interface PlannedPair extends Slot {
  /** 0 for the first combination of the slot. */
  readonly redraw: number;
  readonly skills: readonly string[];
}

/** The turns of a pair, in order. */
export const TURNS = ['draft', 'critique', 'refine', 'gate', 'spoil'] as const;
export type Turn = (typeof TURNS)[number];

/** Why a turn gave nothing: what was read, a call that the server refused, or a chat too long to be sent. */
export type TurnFault = PairFault | 'unreadable' | 'call-refused' | 'too-long';

/** One reply of a pair's chat, with all of its text. */
export interface TurnReply {
  readonly turn: Turn;
  /** Whether it answers the wish for a shorter whole reply after a cut one. */
  readonly isRewrite: boolean;
  readonly attempt: number;
  readonly seed: number;
  /** `null` where there is no reply. */
  readonly text: string | null;
  readonly finishReason: FinishReason | null;
  /** `null` where the turn could be read. */
  readonly fault: TurnFault | null;
}

/** How the making of a pair ended. */
export type PairEnd =
  | { readonly ok: true; readonly pair: Pair; readonly from: 'draft' | 'refined' | 'spoiled' }
  | { readonly ok: false; readonly turn: Turn; readonly fault: TurnFault };

/** All that happened for one planned pair. */
export interface PairResult extends PlannedPair {
  readonly rowId: string;
  /** sha256 (hex) over the templates of all its turns. */
  readonly templates: string;
  /** Examples that the draft's prompt had room for. */
  readonly examples: number;
  readonly replies: readonly TurnReply[];
  readonly draft: Pair | null;
  /** `null` where nothing was criticised. */
  readonly critique: { readonly text: string; readonly onlyPraise: boolean; readonly cut: boolean } | null;
  readonly refined: Pair | null;
  /** From the draft to the refined pair; `null` where there is none. */
  readonly change: PairChange | null;
  /** `null` where no gate was asked. */
  readonly gate: GateVerdict | null;
  /** Seed of the reply that holds the pair. */
  readonly seed: number;
  readonly end: PairEnd;
}
