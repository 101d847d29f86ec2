import { formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import { barChart } from '../bar-chart.ts';
import type { CurvePoint, ReportEvaluation } from './online-dpo-report.ts';

const LABEL_WIDTH = 66;
const MAX_CURVE_POINTS = 400;

/** Bars of the held-out pass rate with interval whiskers: base first, then each round. */
export function passRateChart(evaluations: readonly ReportEvaluation[], nameOf = roundName): Html {
  const bars = evaluations.map(({ round, interval }) => ({ name: nameOf(round), interval, isBase: round === 0 }));
  return barChart('Held-out pass rate with interval', bars, LABEL_WIDTH);
}

/** `base` for round 0, else `round 3`. */
export function roundName(round: number): string {
  return round === 0 ? 'base' : `round ${round}`;
}

/** A line of one measure of training over its steps; gaps stay gaps. */
export function curveChart(points: readonly CurvePoint[], measure: 'loss' | 'margin', title: string): Html {
  const [width, height, left, bottom] = [320, 150, 46, 26];
  const shown = thinned(points);
  const values = shown
    .map((point) => point[measure])
    .filter((value) => value !== null && Number.isFinite(value)) as number[];
  if (values.length === 0) return html`<p class="quiet">${title}: not reported</p>`;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spread = high - low || Math.abs(high) || 1;
  const [firstStep, lastStep] = [shown[0]?.step ?? 0, shown.at(-1)?.step ?? 0];
  const x = (step: number): number => left + ((step - firstStep) / (lastStep - firstStep || 1)) * (width - left - 10);
  const y = (value: number): number => 10 + (1 - (value - low) / spread) * (height - bottom - 20);
  const path = curvePath(
    shown.map((point) => ({ x: x(point.step), value: point[measure] })),
    y,
  );
  const label = `${title}: from ${formatNumber(values[0] ?? null, 3)} to ${formatNumber(values.at(-1) ?? null, 3)} over steps ${firstStep} to ${lastStep}, lowest ${formatNumber(low, 3)}, highest ${formatNumber(high, 3)}`;
  const bounds = low === high ? [low] : [low, high];
  return html`<svg class="chart curve" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
    ${bounds.map((bound) => html`<line class="grid" x1="${left}" x2="${width - 6}" y1="${y(bound).toFixed(1)}" y2="${y(bound).toFixed(1)}" /><text class="tick" x="${left - 6}" y="${(y(bound) + 4).toFixed(1)}" text-anchor="end">${formatNumber(bound, 3)}</text>`)}
    <path class="line ${measure}" d="${path}" />
    <text class="tick" x="${left}" y="${height - 6}">step ${firstStep}</text>
    <text class="tick" x="${width - 6}" y="${height - 6}" text-anchor="end">step ${lastStep}</text>
  </svg>`;
}

function curvePath(points: readonly { x: number; value: number | null }[], y: (value: number) => number): string {
  let path = '';
  let pen: 'M' | 'L' = 'M';
  for (const point of points) {
    if (point.value === null || !Number.isFinite(point.value)) {
      pen = 'M';
      continue;
    }
    path += `${pen}${point.x.toFixed(1)} ${y(point.value).toFixed(1)}`;
    pen = 'L';
  }
  return path;
}

function thinned(points: readonly CurvePoint[]): readonly CurvePoint[] {
  const stride = Math.ceil(points.length / MAX_CURVE_POINTS);
  return stride <= 1 ? points : points.filter((_, index) => index % stride === 0 || index === points.length - 1);
}
