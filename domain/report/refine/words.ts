import type { RefineLoop, StopReason } from '../../refine/refinement.ts';
import type { RefineReport } from './refine-report.ts';

/** How the page calls a loop. */
export const LOOP_NAME: Readonly<Record<RefineLoop, string>> = {
  refine: 'STICK',
  'self-refine': 'self-refine',
};

/** Why a loop ended for a prompt, as the end of a sentence. */
export const STOP_WORDS: Readonly<Record<StopReason, string>> = {
  'all-pass': 'every item passed',
  'no-checklist': 'there was no checklist',
  'invalid-evaluation': 'a verdict could not be read',
  'no-change': 'the rewrite was the same text again',
  cycle: 'the rewrite was an earlier answer again',
  degenerate: 'the rewrite was no answer any more',
  failed: 'the call gave no answer',
  'turn-limit': 'the turns were used up',
};

/** Which turn a loop returns. */
export function returnsOf(loop: RefineLoop, { returns }: RefineReport): string {
  return loop === 'refine' && returns === 'best-seen' ? 'the best seen turn' : 'the last turn';
}
