import { formatNumber } from '../format-number.ts';
import { html, type Html } from '../html.ts';
import { formatBounds } from './format-interval.ts';
import type { ReportInterval } from './report-base.ts';

/** One bar of a chart of rates. */
export interface Bar {
  readonly name: string;
  readonly interval: ReportInterval | null;
  /** Drawn quietly: what the others are compared with. */
  readonly isBase: boolean;
}

const WIDTH = 480;
const VALUE_WIDTH = 44;
const ROW_HEIGHT = 34;

/** Bars of rates with interval whiskers, drawn to scale from 0; `label` says to a screen reader what the rates are. */
export function barChart(label: string, bars: readonly Bar[], labelWidth: number): Html {
  const plotWidth = WIDTH - labelWidth - VALUE_WIDTH;
  const axisMax = axisEnd(bars.map(({ interval }) => interval));
  const x = (rate: number): string => (labelWidth + (rate / axisMax) * plotWidth).toFixed(1);
  const plotHeight = bars.length * ROW_HEIGHT;
  const described = bars
    .map(({ name, interval }) => `${name} ${formatNumber(interval?.mean ?? null, 2)} ${formatBounds(interval)}`)
    .join('; ');
  return html`<svg
    class="chart"
    viewBox="0 0 ${WIDTH} ${plotHeight + 24}"
    role="img"
    aria-label="${label}: ${described}"
  >
    ${axisTicks(axisMax).map(
      (tick) =>
        html`<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="0" y2="${plotHeight}" /><text
            class="tick"
            x="${x(tick)}"
            y="${plotHeight + 17}"
            text-anchor="middle"
            >${formatNumber(tick, 2)}</text
          >`,
    )}
    ${bars.map((bar, index) => barRow(bar, index * ROW_HEIGHT, labelWidth, x))}
  </svg>`;
}

/** End of an axis of rates: the next quarter above all of them, at least 0.25. */
export function axisEnd(intervals: readonly (ReportInterval | null)[]): number {
  const top = Math.max(0, ...intervals.map((interval) => Math.max(interval?.mean ?? 0, interval?.high ?? 0)));
  return Math.min(1, Math.max(0.25, Math.ceil(top * 4) / 4));
}

/** Quarters from 0 to the end of the axis. */
export function axisTicks(end: number): readonly number[] {
  return Array.from({ length: Math.round(end * 4) + 1 }, (_, index) => index / 4);
}

function barRow({ name, interval, isBase }: Bar, y: number, labelWidth: number, x: (rate: number) => string): Html {
  const middle = y + ROW_HEIGHT / 2;
  const label = html`<text class="label" x="${labelWidth - 8}" y="${middle + 4}" text-anchor="end">${name}</text>`;
  if (interval === null) {
    return html`${label}<text class="tick" x="${labelWidth + 6}" y="${middle + 4}">not reported</text>`;
  }
  const width = Math.max(0, Number(x(interval.mean)) - labelWidth).toFixed(1);
  const bar = html`<rect
    class="${isBase ? 'bar base' : 'bar'}"
    x="${labelWidth}"
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
