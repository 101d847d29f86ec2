import { formatCount, formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';

/** Scores from `low` to `high`; the upper bound belongs to the last bin only. */
export interface ScoreBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

const MOST_BINS = 20;
const [WIDTH, HEIGHT, TOP, BOTTOM] = [480, 190, 30, 30] as const;

/** Equal bins from the lowest to the highest score, at most 20; one where all are equal, none where there is no score. */
export function binScores(scores: readonly number[]): readonly ScoreBin[] {
  if (scores.length === 0) return [];
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const bins = low === high ? 1 : Math.min(MOST_BINS, Math.max(2, new Set(scores).size));
  const width = (high - low) / bins;
  const indexOf = (score: number) => (width === 0 ? 0 : Math.min(bins - 1, Math.floor((score - low) / width)));
  const counts = Array.from({ length: bins }, () => 0);
  for (const score of scores) counts[indexOf(score)] = (counts[indexOf(score)] ?? 0) + 1;
  return counts.map((count, index) => ({
    low: low + index * width,
    high: index === bins - 1 ? high : low + (index + 1) * width,
    count,
  }));
}

/** Bars of the score counts with a line at the cut. */
export function scoreHistogram(bins: readonly ScoreBin[], cut: number): Html {
  const [low, high] = [bins[0]?.low ?? 0, bins.at(-1)?.high ?? 1];
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const x = (score: number): number => (high === low ? WIDTH / 2 : 8 + ((score - low) / (high - low)) * (WIDTH - 16));
  const y = (count: number): number => TOP + (1 - count / most) * (HEIGHT - TOP - BOTTOM);
  const base = HEIGHT - BOTTOM;
  const described = bins
    .map((bin) => `${formatNumber(bin.low, 2)} to ${formatNumber(bin.high, 2)}: ${formatCount(bin.count)}`)
    .join('; ');
  const bars = bins.map((bin) => {
    const [left, right] = high === low ? [x(low) - 20, x(low) + 20] : [x(bin.low) + 1, x(bin.high) - 1];
    const isBelow = bin.high < cut || (bin.high <= cut && bin !== bins.at(-1));
    return html`<rect
        class="${isBelow ? 'bar base' : 'bar'}"
        x="${left.toFixed(1)}"
        y="${y(bin.count).toFixed(1)}"
        width="${Math.max(1, right - left).toFixed(1)}"
        height="${(base - y(bin.count)).toFixed(1)}"
      /><text
        class="tick"
        x="${((left + right) / 2).toFixed(1)}"
        y="${(y(bin.count) - 4).toFixed(1)}"
        text-anchor="middle"
        >${bin.count === 0 ? '' : formatCount(bin.count)}</text
      >`;
  });
  return html`<svg
    class="chart"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="img"
    aria-label="Outcome scores, cut at ${formatNumber(cut, 3)}. ${described}"
  >
    <line class="grid" x1="0" x2="${WIDTH}" y1="${base}" y2="${base}" />
    ${bars}
    <path class="whisker" d="M${x(cut).toFixed(1)} ${TOP - 14}V${base}" />
    <text class="label" x="${x(cut).toFixed(1)}" y="${TOP - 18}" text-anchor="${anchorAt(x(cut))}">
      cut ${formatNumber(cut, 3)}
    </text>
    <text class="tick" x="8" y="${HEIGHT - 10}">${formatNumber(low, 2)}</text>
    <text class="tick" x="${WIDTH - 8}" y="${HEIGHT - 10}" text-anchor="end">${formatNumber(high, 2)}</text>
  </svg>`;
}

function anchorAt(x: number): 'start' | 'middle' | 'end' {
  if (x < 50) return 'start';
  return x > WIDTH - 50 ? 'end' : 'middle';
}
