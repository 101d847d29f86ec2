import picocolors from 'picocolors';
import type { RunProgress } from '../domain/run-progress.ts';
import { keepGrowing } from './keep-growing.ts';
import { liveLines, plainLine, type ProgressRates } from './progress-lines.ts';
import { createRateMeter, timeLeftMs } from './rate-meter.ts';
import { cutPieces, displayWidth, stripControls, type Piece } from './terminal-text.ts';

const PLAIN_EVERY_MS = 10_000;
const REDRAW_EVERY_MS = 100;
const RATE_WINDOW_MS = 15_000;
const DEFAULT_COLUMNS = 80;

/** Where the view writes; `process.stdout` fits. */
export interface ProgressStream {
  readonly write: (text: string) => unknown;
  readonly columns?: number | undefined;
}

export interface ProgressViewOptions {
  readonly stream: ProgressStream;
  readonly isTty: boolean;
  readonly color: boolean;
  /** Clock, milliseconds. */
  readonly now: () => number;
}

/** Shows the progress of one run. */
export interface ProgressView {
  readonly update: (progress: RunProgress) => void;
  /** Writes a line that stays, above the view. */
  readonly say: (line: string) => void;
  /** Shows the last update if it was held back, and leaves the cursor below the view. */
  readonly finish: () => void;
}

/** Colour is for terminals, unless `NO_COLOR` says no or the terminal is `dumb`. */
export function wantsColor(isTty: boolean, environment: Readonly<Record<string, string | undefined>>): boolean {
  return isTty && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
}

/** Makes a view: a block redrawn in place on a terminal, single lines elsewhere. */
export function createProgressView({ stream, isTty, color, now }: ProgressViewOptions): ProgressView {
  const startedMs = now();
  const calls = createRateMeter({ windowMs: RATE_WINDOW_MS, now });
  const tokens = createRateMeter({ windowMs: RATE_WINDOW_MS, now });
  const scored = createRateMeter({ windowMs: RATE_WINDOW_MS, now });
  const paints = picocolors.createColors(color);
  let stage = { key: '', startedMs, doneAtStart: 0 };
  let lastShownMs = Number.NEGATIVE_INFINITY;
  let latest: RunProgress | null = null;
  let pending: RunProgress | null = null;
  let shown: RunProgress | null = null;
  let drawnWidths: number[] = [];

  const paint = ({ text, paint }: Piece): string => (paint === 'plain' ? text : paints[paint](text));

  const ratesOf = (progress: RunProgress): ProgressRates => ({
    elapsedMs: now() - startedMs,
    timeLeftMs: timeLeftMs({
      doneAtStart: stage.doneAtStart,
      done: progress.stageDone,
      total: progress.stageTotal,
      elapsedMs: now() - stage.startedMs,
    }),
    callsPerSecond: calls.perSecond(),
    tokensPerSecond: tokens.perSecond(),
    scoredPerSecond: scored.perSecond(),
  });

  const eraseDrawn = (): string => {
    // After the window was made narrower, an old line may take several rows.
    const rows = drawnWidths.reduce(
      (sum, width) => sum + Math.max(1, Math.ceil(width / (stream.columns ?? DEFAULT_COLUMNS))),
      0,
    );
    return rows === 0 ? '' : `\u001b[${rows}A\r\u001b[J`;
  };

  const draw = (progress: RunProgress): void => {
    // One column stays free: a full line would wrap in some terminals and upset the count of lines to go back.
    const columns = Math.max(1, (stream.columns ?? DEFAULT_COLUMNS) - 1);
    const lines = liveLines(progress, ratesOf(progress), columns).map((line) => cutPieces(line, columns));
    stream.write(eraseDrawn() + lines.map((line) => `${line.map(paint).join('')}\n`).join(''));
    drawnWidths = lines.map((line) => displayWidth(line.map(({ text }) => text).join('')));
  };

  const show = (progress: RunProgress): void => {
    if (isTty) draw(progress);
    else stream.write(`${plainLine(progress, ratesOf(progress))}\n`);
    lastShownMs = now();
    shown = progress;
    pending = null;
  };

  return {
    update: (told) => {
      const progress = keepGrowing(latest, told);
      latest = progress;
      calls.record(progress.calls);
      tokens.record(progress.promptTokens + progress.completionTokens);
      scored.record(progress.scored);
      const stageKey = `${progress.stage} ${progress.part ?? ''} ${progress.round}`;
      const key = `${stageKey} ${progress.status}`;
      const changed = key !== stage.key;
      if (changed) {
        const sameStage = stage.key.startsWith(`${stageKey} `);
        stage = sameStage ? { ...stage, key } : { key, startedMs: now(), doneAtStart: progress.stageDone };
      }
      pending = progress;
      if (changed || now() - lastShownMs >= (isTty ? REDRAW_EVERY_MS : PLAIN_EVERY_MS)) show(progress);
    },
    say: (line) => {
      stream.write(`${eraseDrawn()}${stripControls(line)}\n`);
      drawnWidths = [];
      if (isTty && shown !== null) draw(shown);
    },
    finish: () => {
      if (pending !== null) show(pending);
    },
  };
}
