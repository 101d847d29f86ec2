import { html } from '../html.ts';
import { REPORT_STYLE } from '../report/style.ts';
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
  // The style sheet is ours and holds `>` and quotes that escaping would break, so it is put in after the template.
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>WildBench leaderboard</title>
        <style></style>
      </head>
      <body>
        <main>
          <h1>WildBench leaderboard</h1>
          <p class="quiet">
            ${rows.length} models, mode ${mode}. Scores are adjusted and times 10 (-80 to 100), rewards times 100 (-100
            to 100); brackets hold bootstrap intervals, parentheses the judgments behind a number.
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
          </div>
        </main>
      </body>
    </html> `;
  return `${page.text.replace('<style></style>', () => `<style>${REPORT_STYLE}</style>`)}\n`;
}
