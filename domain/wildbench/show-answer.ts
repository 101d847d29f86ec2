import { countCodePoints, stripBlanks } from './code-points.ts';
import { cutWords } from './cut-words.ts';

/** An answer as the judge sees it, with what the metrics need to know of it. */
export interface ShownAnswer {
  /** Stripped, and cut where it is too long. */
  readonly text: string;
  /** Code points of the text as shown. */
  readonly lengthChars: number;
  readonly truncated: boolean;
  readonly empty: boolean;
}

/** Strips an answer and cuts it to a number of words (negative: keeps all). */
export function showAnswer(answer: string, maxWords: number): ShownAnswer {
  const { text, truncated } = cutWords(stripBlanks(answer), maxWords);
  return { text, lengthChars: countCodePoints(text), truncated, empty: text === '' };
}
