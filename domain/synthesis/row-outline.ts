import { canonicalJson } from '../canonical-json.ts';
import { countCodePoints } from '../wildbench/code-points.ts';
import { repliesOf } from './row-texts.ts';
import type { Difficulty, DroppedRow, SynthesisRow } from './synthesis-row.ts';

/** What choosing the rows of a dataset looks at: that of a million rows fits into memory, and their texts do not. */
export interface RowOutline {
  /** Among all rows that are chosen from, from 0 on. */
  readonly place: number;
  readonly rowId: string;
  /** The same for rows that ask the same. */
  readonly asked: string;
  /** Of all replies together, in code points. */
  readonly replyChars: number;
  /** `null` where it is not known. */
  readonly difficulty: Difficulty | null;
  /** Why the row goes no further; absent on rows that do. */
  readonly dropped?: DroppedRow;
}

/** @param shorten gives a shorter text that differs wherever the given ones do */
export function outlineOf(row: SynthesisRow, place: number, shorten: (asked: string) => string): RowOutline {
  const { rowId, messages, tags, dropped } = row;
  if (dropped !== undefined) return { place, rowId, asked: '', replyChars: 0, difficulty: null, dropped };
  const queries = messages.flatMap(({ role, content }) => (role === 'user' ? [content] : []));
  return {
    place,
    rowId,
    asked: shorten(canonicalJson(queries)),
    replyChars: repliesOf(row).reduce((sum, reply) => sum + countCodePoints(reply), 0),
    difficulty: tags?.difficulty ?? null,
  };
}
