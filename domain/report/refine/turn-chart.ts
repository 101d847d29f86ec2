import { formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import { axisEnd, axisTicks } from '../bar-chart.ts';
import { formatBounds } from '../format-interval.ts';
import type { LoopResult, RefineTurn } from './refine-report.ts';
import { LOOP_NAME } from './words.ts';

const WIDTH = 480;
const HEIGHT = 230;
const LEFT = 44;
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 26;
/** Series are set apart sideways, so that whiskers do not cover each other. */
const SERIES_STEP = 7;

type Place = (turn: number, series: number) => number;

/** A line a loop: gold pass rate by turn with interval whiskers, drawn to scale from 0. */
export function turnChart(loops: readonly LoopResult[]): Html {
  const turns = loops.flatMap((result) => result.turns);
  const lastTurn = Math.max(1, ...turns.map(({ turn }) => turn));
  const end = axisEnd(turns.map(({ gold }) => gold));
  const y = (rate: number): string => (TOP + (1 - rate / end) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const inner = WIDTH - LEFT - RIGHT - 2 * SERIES_STEP;
  const x: Place = (turn, series) =>
    LEFT + SERIES_STEP + (turn / lastTurn) * inner + (series - (loops.length - 1) / 2) * SERIES_STEP;
  const ticks = Array.from({ length: lastTurn + 1 }, (_, turn) => turn);
  const stride = Math.ceil(ticks.length / 9);
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${describe(loops)}">
    ${axisTicks(end).map((tick) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}" /><text class="tick" x="${LEFT - 8}" y="${Number(y(tick)) + 4}" text-anchor="end">${formatNumber(tick, 2)}</text>`)}
    ${ticks.filter((turn) => turn % stride === 0).map((turn) => html`<text class="tick" x="${(LEFT + SERIES_STEP + (turn / lastTurn) * inner).toFixed(1)}" y="${HEIGHT - 6}" text-anchor="middle">${turn === 0 ? 'turn 0' : turn}</text>`)}
    ${loops.map((result, series) => seriesOf(result, series, x, y))}
  </svg>`;
}

/** What the lines are, for the caption. */
export function turnLegend(loops: readonly LoopResult[]): Html {
  return html`${loops.map(({ loop }) => html`<span class="key ${seriesClass(loop)}">${LOOP_NAME[loop]}</span> `)}`;
}

function seriesClass(loop: LoopResult['loop']): string {
  return loop === 'refine' ? '' : 'base';
}

function seriesOf({ loop, turns }: LoopResult, series: number, x: Place, y: (rate: number) => string): Html {
  let path = '';
  let pen: 'M' | 'L' = 'M';
  for (const { turn, gold } of turns) {
    if (gold !== null) path += `${pen}${x(turn, series).toFixed(1)} ${y(gold.mean)}`;
    pen = gold === null ? 'M' : 'L';
  }
  return html`<path
      class="line ${seriesClass(loop)}"
      d="${path}"
    />${turns.map((turn) => pointOf(turn, seriesClass(loop), x(turn.turn, series), y))}`;
}

function pointOf({ gold }: RefineTurn, name: string, x: number, y: (rate: number) => string): Html | null {
  if (gold === null) return null;
  const dot = html`<circle class="dot ${name}" cx="${x.toFixed(1)}" cy="${y(gold.mean)}" r="3.5" />`;
  if (gold.low === null || gold.high === null) return dot;
  const [left, middle] = [(x - 3).toFixed(1), x.toFixed(1)];
  return html`<path
      class="whisker ${name}"
      d="M${middle} ${y(gold.low)}V${y(gold.high)}M${left} ${y(gold.low)}h6M${left} ${y(gold.high)}h6"
    />${dot}`;
}

function describe(loops: readonly LoopResult[]): string {
  const series = loops.map(({ loop, turns }) => {
    const points = turns.map(
      ({ turn, gold }) => `turn ${turn} ${formatNumber(gold?.mean ?? null, 2)} ${formatBounds(gold)}`,
    );
    return `${LOOP_NAME[loop]}: ${points.join(', ')}`;
  });
  return `Gold pass rate with interval by turn. ${series.join('; ')}`;
}
