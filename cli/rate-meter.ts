/** Rate of a growing total over a moving window. */
export interface RateMeter {
  /** Notes the total as of now; a total that fell starts the meter afresh. */
  readonly record: (total: number) => void;
  /** Growth a second within the window, falling towards 0 while nothing grows; `null` before there is a stretch to measure. */
  readonly perSecond: () => number | null;
}

export interface RateMeterOptions {
  readonly windowMs: number;
  /** Clock, milliseconds. */
  readonly now: () => number;
}

/** Makes a meter that has seen nothing. */
export function createRateMeter({ windowMs, now }: RateMeterOptions): RateMeter {
  let marks: { readonly atMs: number; readonly total: number }[] = [];

  // The newest mark at or before the window's start stays: without it a slow total would have no rate.
  const forget = (): void => {
    const startMs = now() - windowMs;
    const first = marks.findLastIndex((mark) => mark.atMs <= startMs);
    if (first > 0) marks = marks.slice(first);
  };

  return {
    record: (total) => {
      const last = marks.at(-1);
      if (last !== undefined && total < last.total) marks = [];
      marks.push({ atMs: now(), total });
      forget();
    },
    perSecond: () => {
      forget();
      const [first, last] = [marks[0], marks.at(-1)];
      if (first === undefined || last === undefined) return null;
      const elapsedMs = now() - first.atMs;
      return elapsedMs <= 0 ? null : ((last.total - first.total) * 1000) / elapsedMs;
    },
  };
}

/** Work of a stage since it was first seen. */
export interface StageWork {
  /** Rows that were already done then (a resumed stage). */
  readonly doneAtStart: number;
  readonly done: number;
  readonly total: number;
  readonly elapsedMs: number;
}

/** Milliseconds until the stage is done at its rate so far; `null` while nothing of it was seen to be done. */
export function timeLeftMs({ doneAtStart, done, total, elapsedMs }: StageWork): number | null {
  if (total <= 0 || done < doneAtStart) return null;
  if (done >= total) return 0;
  return done === doneAtStart || elapsedMs <= 0 ? null : ((total - done) * elapsedMs) / (done - doneAtStart);
}
