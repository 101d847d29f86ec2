/** How a piece of a line is painted. */
export type Paint = 'plain' | 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

/** A piece of a line of the terminal. */
export interface Piece {
  readonly text: string;
  readonly paint: Paint;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;
const ELLIPSIS = '…';

/** Drops control and format characters (escape sequences, bidi overrides), so that a name cannot drive the terminal. */
export function stripControls(text: string): string {
  return text
    .replace(/\p{Cc}\[[0-9;?]*[ -/]*[@-~]/gu, '')
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim();
}

/** Columns that a text takes in a terminal. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += NO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** Cuts pieces to a number of columns; an ellipsis marks the cut. */
export function cutPieces(pieces: readonly Piece[], columns: number): Piece[] {
  if (displayWidth(pieces.map(({ text }) => text).join('')) <= columns) return [...pieces];
  const kept: Piece[] = [];
  let left = columns - 1;
  for (const piece of pieces) {
    let text = '';
    for (const character of piece.text) {
      const width = displayWidth(character);
      if (width > left) {
        kept.push({ text: text + (columns > 0 ? ELLIPSIS : ''), paint: piece.paint });
        return kept;
      }
      text += character;
      left -= width;
    }
    kept.push({ text, paint: piece.paint });
  }
  return kept;
}
