import { formatNumber } from '../format-number.ts';
import { html, type Html } from '../html.ts';
import type { Calibration, ReliabilityBin } from './calibration.ts';

const LEFT = 46;
const TOP = 10;
const SIDE = 320;
const STRIP_TOP = TOP + SIDE + 34;
const STRIP_HEIGHT = 56;
const WIDTH = LEFT + SIDE + 12;
const HEIGHT = STRIP_TOP + STRIP_HEIGHT + 40;
const TICKS = [0, 0.25, 0.5, 0.75, 1];
const SMALLEST_RADIUS = 3;
const LARGEST_RADIUS = 11;

/**
 * Reliability picture: yes rate over mean P(yes), a dot a bin with its area by count, a line from the dot to the diagonal
 * for its gap, and below it how many answers each bin holds.
 */
export function reliabilityChart({ bins, ece, count }: Calibration): Html {
  const largest = bins.reduce((most, bin) => Math.max(most, bin.count), 1);
  const filled = bins.filter((bin) => bin.count > 0);
  const described = filled
    .map(
      (bin) => `mean ${formatNumber(bin.meanProbability, 2)}, yes rate ${formatNumber(bin.yesRate, 2)}, n ${bin.count}`,
    )
    .join('; ');
  return html`<svg
    class="chart reliability"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="img"
    aria-label="Yes rate of humans over the judge's P(yes), ${count} answers, ECE ${formatNumber(ece, 3)}. ${described}"
  >
    ${TICKS.map(gridLine)}
    <path class="diagonal" d="M${x(0)} ${y(0)}L${x(1)} ${y(1)}" />
    ${filled.map((bin) => binMark(bin, largest))} ${filled.map((bin) => countBar(bin, largest))}
    <path class="axis" d="M${x(0)} ${STRIP_TOP + STRIP_HEIGHT}H${x(1)}" />
    <text class="tick" x="${LEFT - 6}" y="${STRIP_TOP + 9}" text-anchor="end">${largest}</text>
    <text class="tick" x="${LEFT - 6}" y="${STRIP_TOP + STRIP_HEIGHT}" text-anchor="end">0</text>
    <text class="tick" x="${x(0)}" y="${STRIP_TOP - 7}">answers in each bin</text>
    <text class="label" x="${x(0.5)}" y="${HEIGHT - 4}" text-anchor="middle">the judge’s P(yes)</text>
    <text class="label" transform="translate(11 ${y(0.5)}) rotate(-90)" text-anchor="middle">humans say yes</text>
  </svg>`;
}

function gridLine(tick: number): Html {
  return html`<path class="grid" d="M${x(tick)} ${y(0)}V${y(1)}M${x(0)} ${y(tick)}H${x(1)}" /><text
      class="tick"
      x="${LEFT - 6}"
      y="${Number(y(tick)) + 4}"
      text-anchor="end"
      >${tick}</text
    ><text class="tick" x="${x(tick)}" y="${STRIP_TOP + STRIP_HEIGHT + 15}" text-anchor="middle">${tick}</text>`;
}

function binMark(bin: ReliabilityBin, largest: number): Html {
  const [probability, rate] = [bin.meanProbability ?? 0, bin.yesRate ?? 0];
  const radius = Math.max(SMALLEST_RADIUS, LARGEST_RADIUS * Math.sqrt(bin.count / largest)).toFixed(1);
  return html`<path class="gap" d="M${x(probability)} ${y(probability)}V${y(rate)}" /><circle
      class="dot"
      cx="${x(probability)}"
      cy="${y(rate)}"
      r="${radius}"
      ><title>${describeBin(bin)}</title></circle
    >`;
}

function countBar(bin: ReliabilityBin, largest: number): Html {
  const height = Math.max(1, (bin.count / largest) * STRIP_HEIGHT);
  const width = Math.max(0.5, (bin.high - bin.low) * SIDE - 2);
  return html`<rect
    class="bar base"
    x="${(Number(x(bin.low)) + 1).toFixed(1)}"
    y="${(STRIP_TOP + STRIP_HEIGHT - height).toFixed(1)}"
    width="${width.toFixed(1)}"
    height="${height.toFixed(1)}"
    ><title>${describeBin(bin)}</title></rect
  >`;
}

function describeBin({ low, high, count, yes }: ReliabilityBin): string {
  return `P(yes) from ${formatNumber(low, 2)} to ${formatNumber(high, 2)}: ${yes} yes of ${count}`;
}

function x(share: number): string {
  return (LEFT + share * SIDE).toFixed(1);
}

function y(share: number): string {
  return (TOP + (1 - share) * SIDE).toFixed(1);
}
