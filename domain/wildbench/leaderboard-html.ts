import { html } from '../html.ts';
import { renderPage } from '../report/page.ts';
import { LEADERBOARD_HEADS, leaderboardCells } from './leaderboard-cells.ts';
import type { LeaderboardRow } from './leaderboard.ts';
import type { ConformanceMode } from './mode.ts';

/** The leaderboard as one HTML page: no script, nothing loaded, all text escaped. */
export function renderLeaderboardHtml(rows: readonly LeaderboardRow[], mode: ConformanceMode): string {
  const heads = LEADERBOARD_HEADS.map((head) => html`<th scope="col">${head}</th>`);
  const lines = rows.map(
    (row) =>
      html` <tr>
        ${leaderboardCells(row).map((cell) => html`<td>${cell}</td>`)}
      </tr>`,
  );
  const content = html`<h1>WildBench leaderboard</h1>
    <p class="quiet">
      ${rows.length} models, mode ${mode}. Scores are adjusted and times 10 (-80 to 100), rewards times 100 (-100 to
      100); brackets hold bootstrap intervals, parentheses the judgments behind a number.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            ${heads}
          </tr>
        </thead>
        <tbody>
          ${lines}
        </tbody>
      </table>
    </div>`;
  return renderPage({ title: 'WildBench leaderboard', content });
}
