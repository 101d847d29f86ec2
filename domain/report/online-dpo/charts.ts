import { html, type Html } from './html.ts';
import { formatNumber } from './format-number.ts';
import { formatBounds } from './report-headline.ts';
import type { CurvePoint, ReportEvaluation } from './run-report.ts';

const WIDTH = 480;
const LABEL_WIDTH = 66;
const VALUE_WIDTH = 44;
const ROW_HEIGHT = 34;
const MAX_CURVE_POINTS = 400;

/** Bars of the held-out pass rate with interval whiskers: base first, then each round. */
export function passRateChart(evaluations: readonly ReportEvaluation[]): Html {
  const plotWidth = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const top = Math.max(0, ...evaluations.map(({ interval }) => Math.max(interval?.mean ?? 0, interval?.high ?? 0)));
  const axisMax = Math.min(1, Math.max(0.25, Math.ceil(top * 4) / 4));
  const x = (rate: number): string => (LABEL_WIDTH + (rate / axisMax) * plotWidth).toFixed(1);
  const plotHeight = evaluations.length * ROW_HEIGHT;
  const height = plotHeight + 24;
  const ticks = Array.from({ length: Math.round(axisMax * 4) + 1 }, (_, index) => index / 4);
  const described = evaluations
    .map(
      ({ round, interval }) =>
        `${roundName(round)} ${formatNumber(interval?.mean ?? null, 2)} ${formatBounds(interval)}`,
    )
    .join('; ');
  return html`<svg
    class="chart"
    viewBox="0 0 ${WIDTH} ${height}"
    role="img"
    aria-label="Held-out pass rate with interval: ${described}"
  >
    ${ticks.map(
      (tick) =>
        html`<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="0" y2="${plotHeight}" /><text
            class="tick"
            x="${x(tick)}"
            y="${plotHeight + 17}"
            text-anchor="middle"
            >${formatNumber(tick, 2)}</text
          >`,
    )}
    ${evaluations.map((evaluation, index) => passRateRow(evaluation, index * ROW_HEIGHT, x))}
  </svg>`;
}

/** `base` for round 0, else `round 3`. */
export function roundName(round: number): string {
  return round === 0 ? 'base' : `round ${round}`;
}

function passRateRow({ round, interval }: ReportEvaluation, y: number, x: (rate: number) => string): Html {
  const middle = y + ROW_HEIGHT / 2;
  const label = html`<text class="label" x="${LABEL_WIDTH - 8}" y="${middle + 4}" text-anchor="end"
    >${roundName(round)}</text
  >`;
  if (interval === null) {
    return html`${label}<text class="tick" x="${LABEL_WIDTH + 6}" y="${middle + 4}">not reported</text>`;
  }
  const width = Math.max(0, Number(x(interval.mean)) - LABEL_WIDTH).toFixed(1);
  const bar = html`<rect
    class="${round === 0 ? 'bar base' : 'bar'}"
    x="${LABEL_WIDTH}"
    y="${y + 8}"
    width="${width}"
    height="${ROW_HEIGHT - 16}"
    rx="2"
  />`;
  const value = html`<text class="value" x="${WIDTH}" y="${middle + 4}" text-anchor="end"
    >${formatNumber(interval.mean, 2)}</text
  >`;
  if (interval.low === null || interval.high === null) return html`${label}${bar}${value}`;
  const [low, high] = [x(interval.low), x(interval.high)];
  return html`${label}${bar}<path
      class="whisker"
      d="M${low} ${middle}H${high}M${low} ${middle - 5}v10M${high} ${middle - 5}v10"
    />${value}`;
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
