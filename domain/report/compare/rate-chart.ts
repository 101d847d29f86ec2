import { formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import { axisEnd, axisTicks } from '../bar-chart.ts';
import type { ComparedRun } from './compare-runs.ts';

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [560, 280, 44, 16, 12, 40];

/** Dash patterns that tell lines apart without colour. */
const DASHES = ['', '7 4', '2 3', '10 3 2 3', '5 2', '1 4'];

/** The held-out rate of each run over the rollouts that it had sampled, a line each, with the interval of each version. */
export function rateChart(runs: readonly ComparedRun[]): Html {
  const versions = runs.flatMap((run) => run.versions);
  const end = axisEnd(versions.map(({ rate }) => rate));
  const most = Math.max(1, ...versions.map(({ sampled }) => sampled));
  const y = (rate: number): number => TOP + (1 - rate / end) * (HEIGHT - TOP - BOTTOM);
  // Runs with the same budget would hide each other's whiskers.
  const shift = (index: number): number => (index - (runs.length - 1) / 2) * 5;
  const x = (sampled: number, index: number): number =>
    LEFT + 16 + (sampled / most) * (WIDTH - LEFT - RIGHT - 32) + shift(index);
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${describe(runs)}">
    ${axisTicks(end).map(
      (tick) =>
        html`<line
            class="grid"
            x1="${LEFT}"
            x2="${WIDTH - RIGHT}"
            y1="${y(tick).toFixed(1)}"
            y2="${y(tick).toFixed(1)}"
          /><text class="tick" x="${LEFT - 6}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end"
            >${formatNumber(tick, 2)}</text
          >`,
    )}
    ${runs.map((run, index) => lineOf(run, index, (sampled) => x(sampled, index), y))}
    <text class="tick" x="${LEFT}" y="${HEIGHT - 8}">rollouts sampled: 0</text>
    <text class="tick" x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${most}</text>
  </svg>`;
}

/** Hue of a run's line, degrees: one for each config, so that seeds of the same share it; equal steps around the circle. */
export function hueOf({ configIndex }: ComparedRun): number {
  return (212 + configIndex * 137) % 360;
}

/** Dash pattern of a run's line. */
export function dashOf(index: number): string {
  return DASHES[index % DASHES.length] ?? '';
}

function lineOf(run: ComparedRun, index: number, x: (sampled: number) => number, y: (rate: number) => number): Html {
  const points = run.versions.flatMap(({ sampled, rate }) => (rate === null ? [] : [{ at: x(sampled), rate }]));
  const path = points.map(
    ({ at, rate }, step) => `${step === 0 ? 'M' : 'L'}${at.toFixed(1)} ${y(rate.mean).toFixed(1)}`,
  );
  const style = `--hue:${hueOf(run)}`;
  return html`<g class="run" style="${style}">
    <path class="line" stroke-dasharray="${dashOf(index)}" d="${path.join('')}" />
    ${points.map(({ at, rate }) => html`${whisker(at, rate.low, rate.high, y)}<circle class="dot" cx="${at.toFixed(1)}" cy="${y(rate.mean).toFixed(1)}" r="4" />`)}
  </g>`;
}

function whisker(at: number, low: number | null, high: number | null, y: (rate: number) => number): Html | null {
  if (low === null || high === null) return null;
  return html`<line
    class="spread"
    x1="${at.toFixed(1)}"
    x2="${at.toFixed(1)}"
    y1="${y(low).toFixed(1)}"
    y2="${y(high).toFixed(1)}"
  />`;
}

function describe(runs: readonly ComparedRun[]): string {
  const texts = runs.map(
    ({ runName, versions }) =>
      `${runName} ${versions.map(({ rate }) => formatNumber(rate?.mean ?? null, 2)).join(', ')}`,
  );
  return `Held-out rate over rollouts sampled: ${texts.join('; ')}`;
}
