import type { FinishReason } from '../completion.ts';

/** What parts thoughts from the solution; the marks around the solution are optional. */
export interface ThoughtDelimiters {
  readonly thoughtOpen: string;
  readonly thoughtClose: string;
  readonly solutionOpen: string | null;
  readonly solutionClose: string | null;
}

/** The form that vLLM's reasoning parsers and TRL's format reward know. */
export const THINK_DELIMITERS: ThoughtDelimiters = {
  thoughtOpen: '<think>',
  thoughtClose: '</think>',
  solutionOpen: null,
  solutionClose: null,
};

/** Faults of layout, in the order in which they are looked for. */
export const LAYOUT_CODES = [
  'order', // a closing mark before the opening one, or marks of the solution out of place
  'no_open', // does not begin with the opening mark
  'multiple', // a mark more than once, nested or quoted
  'thought_truncated', // ended inside the thoughts, by a limit or a loop
  'no_close', // stopped inside the thoughts of its own accord
  'empty_thought',
  'solution_truncated',
  'empty_solution',
] as const;

export type LayoutCode = (typeof LAYOUT_CODES)[number];

/** A response in its two parts; neither is blank, blanks around them are gone. */
export interface ThoughtParts {
  /** z, the long chain of thought. */
  readonly thoughts: string;
  /** y, the only part that is scored. */
  readonly solution: string;
}

/** The parts of a response, or why it has none. Only a response that was cut inside its solution has both. */
export type ParsedThoughts =
  | { readonly code: 'ok'; readonly parts: ThoughtParts }
  | { readonly code: 'solution_truncated'; readonly parts: ThoughtParts | null }
  | { readonly code: Exclude<LayoutCode, 'solution_truncated'>; readonly parts: null };

/**
 * Reads `ws OPEN thoughts CLOSE ws [SOLUTION_OPEN] solution [SOLUTION_CLOSE] ws`, strictly: each mark once, wherever it
 * stands, in a code block too. Nothing is mended. Marks are looked for in text, since they need not be tokens.
 *
 * @source BOLT (arXiv 2502.03860) §3.1.4 drops what does not follow the layout; the grammar is ours
 */
export function parseThoughts(text: string, finishReason: FinishReason, delimiters: ThoughtDelimiters): ParsedThoughts {
  const { thoughtOpen, thoughtClose } = delimiters;
  const open = text.indexOf(thoughtOpen);
  const close = text.indexOf(thoughtClose);
  if (open >= 0 && close >= 0 && close < open) return failed('order');
  if (open < 0 || text.slice(0, open).trim() !== '') return failed('no_open');
  if (isRepeated(text, thoughtOpen) || isRepeated(text, thoughtClose)) return failed('multiple');
  // Only "stop" says that a response is whole.
  const isWhole = finishReason === 'stop';
  if (close < 0) return failed(isWhole ? 'no_close' : 'thought_truncated');
  const thoughts = text.slice(open + thoughtOpen.length, close).trim();
  if (thoughts === '') return failed('empty_thought');
  const solution = readSolution(text.slice(close + thoughtClose.length), delimiters);
  if (typeof solution !== 'string') return failed(solution.code);
  if (!isWhole) {
    return { code: 'solution_truncated', parts: solution === '' ? null : { thoughts, solution } };
  }
  return solution === '' ? failed('empty_solution') : { code: 'ok', parts: { thoughts, solution } };
}

/** The text that a response with these parts has, as it is shown and trained on. */
export function joinThoughts({ thoughts, solution }: ThoughtParts, delimiters: ThoughtDelimiters): string {
  const { thoughtOpen, thoughtClose, solutionOpen, solutionClose } = delimiters;
  const answer = [solutionOpen, solution, solutionClose].filter((part) => part !== null).join('\n');
  return `${thoughtOpen}\n${thoughts}\n${thoughtClose}\n\n${answer}`;
}

function readSolution(
  rest: string,
  { solutionOpen, solutionClose }: ThoughtDelimiters,
): string | { readonly code: 'order' | 'multiple' } {
  let solution = rest.trim();
  for (const mark of [solutionOpen, solutionClose]) {
    if (mark !== null && isRepeated(solution, mark)) return { code: 'multiple' };
  }
  if (solutionOpen !== null && solution.startsWith(solutionOpen)) solution = solution.slice(solutionOpen.length);
  if (solutionClose !== null && solution.endsWith(solutionClose)) solution = solution.slice(0, -solutionClose.length);
  const isMisplaced = [solutionOpen, solutionClose].some((mark) => mark !== null && solution.includes(mark));
  return isMisplaced ? { code: 'order' } : solution.trim();
}

function isRepeated(text: string, mark: string): boolean {
  return text.indexOf(mark) !== text.lastIndexOf(mark);
}

function failed<Code extends Exclude<LayoutCode, 'solution_truncated'>>(
  code: Code,
): { readonly code: Code; readonly parts: null } {
  return { code, parts: null };
}
