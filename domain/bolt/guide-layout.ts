import type { ThoughtDelimiters } from './thought-format.ts';

/** How far a server's grammar leads a response that a model would not lay out by itself. */
export interface LayoutGuide {
  /** Sentences of the thoughts, after which the mark that closes them has to follow. */
  readonly thoughtSentences: { readonly min: number; readonly max: number };
}

/**
 * The regular expression that a response has to match as it is drawn: the marks in their places, thoughts of whole sentences,
 * and a solution as long as it likes. Within the parts, the first character of a mark cannot occur.
 */
export function layoutPattern(
  { thoughtOpen, thoughtClose, solutionOpen, solutionClose }: ThoughtDelimiters,
  { thoughtSentences: { min, max } }: LayoutGuide,
): string {
  const marks = [thoughtOpen, thoughtClose, solutionOpen, solutionClose].filter((mark) => mark !== null);
  const barred = [...new Set(marks.map((mark) => escapeInClass(Array.from(mark)[0] ?? '')))].join('');
  // No bound on its length: a counted repetition of characters made vLLM's grammar several times slower.
  const sentence = `[^${barred}.!?\\s][^${barred}.!?\\n]*[.!?]`;
  const thoughts = `(?:${sentence}[ \\n]){${min},${max}}`;
  const text = `[^${barred}\\s][^${barred}]*`;
  const solution = [solutionOpen === null ? '' : `${escape(solutionOpen)}\\n`, text].join('');
  const end = solutionClose === null ? '' : escape(solutionClose);
  return `${escape(thoughtOpen)}\\n${thoughts}${escape(thoughtClose)}\\n\\n${solution}${end}`;
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

function escapeInClass(character: string): string {
  return /[\\\]^-]/.test(character) ? `\\${character}` : character;
}
