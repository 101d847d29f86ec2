import { formatCount } from '../domain/format-number.ts';
import type { RunProgress, RunStatus } from '../domain/run-progress.ts';
import { displayWidth, stripControls, type Paint, type Piece } from './terminal-text.ts';

/** Measured beside the progress itself; `null` where there is nothing to say yet. */
export interface ProgressRates {
  readonly elapsedMs: number;
  readonly timeLeftMs: number | null;
  readonly callsPerSecond: number | null;
  readonly tokensPerSecond: number | null;
  /** Tokens that a reference scores. */
  readonly scoredPerSecond: number | null;
}

const STATUS_PAINT: Readonly<Record<RunStatus, Paint>> = {
  running: 'cyan',
  waiting: 'yellow',
  pausing: 'yellow',
  paused: 'yellow',
  stopping: 'yellow',
  stopped: 'yellow',
  done: 'green',
  failed: 'red',
};

/** What a stage, or a part of it, counts; the others count steps of their own. */
const UNITS: Readonly<Record<string, string>> = {
  sample: 'calls',
  inventory: 'calls',
  bootstrap: 'calls',
  curate: 'queries',
  synthesize: 'rows kept',
  generate: 'pairs',
  'held-out': 'calls',
  followed: 'calls for followed queries',
  divergence: 'tokens scored for the KL',
  tasks: 'calls for tasks',
};

/** `1:02:03` or `02:03`. */
export function formatClock(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const pad = (value: number): string => String(value).padStart(2, '0');
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${rest}` : rest;
}

/** One whole line for logs and pipes. */
export function plainLine(progress: RunProgress, rates: ProgressRates): string {
  const { stage, round, rounds, status, note } = progress;
  const parts = [
    `[${formatClock(rates.elapsedMs)}] ${stripControls(progress.runName)}${status === 'running' ? '' : ` ${status}`}: ${stage}${rounds === 0 ? '' : `, round ${round}/${rounds}`}`,
    stageText(progress),
    ...rateTexts(progress, rates),
    ...tokenTexts(progress),
    resultText(progress),
    trainingText(progress),
    note === null ? '' : stripControls(note),
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** The lines of the live block, not yet cut to the terminal. */
export function liveLines(progress: RunProgress, rates: ProgressRates, columns: number): Piece[][] {
  const lines: Piece[][] = [
    [
      { text: stripControls(progress.runName), paint: 'bold' },
      { text: `  ${progress.status}`, paint: STATUS_PAINT[progress.status] },
      { text: progress.rounds === 0 ? '' : `  round ${progress.round}/${progress.rounds}`, paint: 'plain' },
    ],
    stageLine(progress, columns),
    barLine(progress, columns),
    [{ text: [...rateTexts(progress, rates), `elapsed ${formatClock(rates.elapsedMs)}`].join('  '), paint: 'dim' }],
  ];
  const tokens = tokenTexts(progress);
  if (tokens.length > 0) lines.push([{ text: tokens.join('  '), paint: 'dim' }]);
  const results = [resultText(progress), trainingText(progress)].filter((part) => part !== '');
  if (results.length > 0) lines.push([{ text: results.join('  '), paint: 'plain' }]);
  if (progress.note !== null) lines.push([{ text: stripControls(progress.note), paint: 'yellow' }]);
  return lines;
}

function stageLine({ stage, stages }: RunProgress, columns: number): Piece[] {
  const shown = stages.filter((entry) => entry !== 'done');
  const current = shown.findIndex((entry) => entry === stage);
  const pieces = shown.map((entry, index): Piece =>
    index === current ? { text: `[${entry}] `, paint: 'bold' } : { text: `${entry} `, paint: 'dim' },
  );
  if (displayWidth(pieces.map(({ text }) => text).join('')) <= columns || current < 0) return pieces;
  // On a narrow terminal a cut row of stages could hide the current one.
  return [
    { text: `[${stage}] `, paint: 'bold' },
    { text: `stage ${current + 1} of ${shown.length}`, paint: 'dim' },
  ];
}

function barLine(progress: RunProgress, columns: number): Piece[] {
  const { stageDone, stageTotal } = progress;
  const label = stageText(progress);
  if (stageTotal <= 0) return [{ text: label === '' ? 'working' : label, paint: 'dim' }];
  const width = Math.max(4, Math.min(40, columns - displayWidth(label) - 2));
  const filled = Math.floor(Math.min(1, Math.max(0, stageDone / stageTotal)) * width);
  return [
    { text: '█'.repeat(filled), paint: 'cyan' },
    { text: '░'.repeat(width - filled), paint: 'dim' },
    { text: `  ${label}`, paint: 'plain' },
  ];
}

/** How much of the stage is done and of what, or nothing where it has nothing to count. */
export function stageText({ stageDone, stageTotal, stage, part }: RunProgress): string {
  return stageTotal <= 0 ? '' : `${stageDone}/${stageTotal} ${UNITS[part ?? stage] ?? 'steps'}`;
}

function rateTexts(progress: RunProgress, rates: ProgressRates): string[] {
  const { calls, part } = progress;
  const { callsPerSecond, tokensPerSecond, scoredPerSecond, timeLeftMs } = rates;
  const perSecond = (rate: number | null, digits: number, unit: string): string =>
    rate === null ? '' : `${rate.toFixed(digits)} ${unit}/s`;
  return [
    `${calls} calls in all`,
    ...(part === 'divergence'
      ? [perSecond(scoredPerSecond, 1, 'tokens scored')]
      : [perSecond(callsPerSecond, 1, 'calls'), perSecond(tokensPerSecond, 0, 'tokens')]),
    timeLeftMs === null || timeLeftMs === 0 ? '' : `${formatClock(timeLeftMs)} left`,
  ].filter((part) => part !== '');
}

/** Tokens of all calls, with how many of them nobody knows the tokens of, and apart from them what was scored for the KL. */
function tokenTexts({ calls, promptTokens, completionTokens, unreportedCalls, scored }: RunProgress): string[] {
  const untold = unreportedCalls === 0 ? '' : ` (not reported for ${formatCount(unreportedCalls)} calls)`;
  return [
    calls === 0 ? '' : `tokens ${formatCount(promptTokens)} in, ${formatCount(completionTokens)} out${untold}`,
    scored === 0 ? '' : `${formatCount(scored)} tokens scored for the KL`,
  ].filter((part) => part !== '');
}

function resultText({ passRate, evaluations }: RunProgress): string {
  const means = evaluations.map(
    ({ round, mean }) => `${round === 0 ? 'base' : `r${round}`} ${mean === null ? 'not reported' : mean.toFixed(2)}`,
  );
  return [
    passRate === null ? '' : `pass rate ${passRate.toFixed(2)}`,
    means.length === 0 ? '' : `held-out ${means.join(' -> ')}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function trainingText({ training, stage }: RunProgress): string {
  if (training === null || stage !== 'train') return '';
  const numbers = [
    training.loss === null ? '' : ` loss ${training.loss.toFixed(3)}`,
    training.margin === null ? '' : ` margin ${training.margin.toFixed(3)}`,
  ].join('');
  return `step ${training.step}/${training.totalSteps}${numbers}`;
}
