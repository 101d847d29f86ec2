/** Why a completion ended: our closed set. Anything a server says beyond it is `other`, the raw word is kept beside it. */
export type FinishReason = 'stop' | 'length' | 'repetition' | 'abort' | 'error' | 'other';

/** Whether a completion came to its own end: what a limit, a loop or a filter broke off is no whole text. */
export function isWhole(finishReason: FinishReason): boolean {
  return finishReason === 'stop';
}

/** Answers that their server broke off at a limit, by the limit. */
export function countBroken(finishReasons: readonly FinishReason[]): {
  readonly truncated: number;
  readonly looped: number;
} {
  const count = (wanted: FinishReason): number => finishReasons.filter((found) => found === wanted).length;
  return { truncated: count('length'), looped: count('repetition') };
}

/** What a reader is told of a text that its server broke off at a limit: at its length, or as it looped. */
export function tagOfEnd(finishReason: FinishReason): 'truncated' | 'looping' | null {
  if (finishReason === 'length') return 'truncated';
  return finishReason === 'repetition' ? 'looping' : null;
}

/** Maps a server's `finish_reason` to ours; missing and unknown words become `other`. */
export function toFinishReason(raw: string | null | undefined): FinishReason {
  switch (raw) {
    case 'stop':
    case 'length':
    case 'repetition':
    case 'abort':
    case 'error':
      return raw;
    default:
      return 'other';
  }
}

/** Token counts of one call; `undefined` where the server did not say, which is not zero. */
export interface Usage {
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
}

/** Text that a model wrote, and how it ended. */
export interface Completion {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly rawFinishReason: string | null;
}
