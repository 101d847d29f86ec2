import type { FinishReason } from '../completion.ts';

/** Why a reply holds no program; `deferred` is the writer's choice, the others are faults. */
export type NoProgramReason = 'deferred' | 'truncated' | 'no-code' | 'too-long' | 'no-verify';

/** What a writer of verifier programs gave back. */
export type WrittenProgram =
  | { readonly ok: true; readonly source: string }
  | { readonly ok: false; readonly reason: NoProgramReason };

interface FencedBlock {
  readonly language: string;
  readonly body: string;
  readonly isClosed: boolean;
}

/** Characters; about 1,000 tokens. RLCF's writer has 300, and what needs more is seldom an exact check. */
const LONGEST_PROGRAM = 4000;

const REASONING = /<think>[\s\S]*?(?:<\/think>|$)/gi;
const FENCE = /^ {0,3}(`{3,})[ \t]*([^`\s]*)[^`]*$/;
const NONE_LINE = /^[\s*_`"'>]*none[\s*_`"'.!]*$/i;
const DEFINES_VERIFY = /\b(?:function\s+verify\s*\(|(?:const|let|var)\s+verify\s*=)/;

/**
 * Reads a writer's reply: the last fenced block of JavaScript, or the word NONE on a line of its own, whichever comes
 * last. A reply without either defers too, as long as it has no code of another kind. That the program runs is for the
 * sandbox to find out.
 *
 * @source RLCF (arXiv 2507.18624) §3: code only where the item can be checked exactly, else the writer defers
 */
export function parseProgram(reply: string, finishReason: FinishReason): WrittenProgram {
  const blocks: FencedBlock[] = [];
  const prose = readBlocks(reply.replaceAll(REASONING, ''), blocks);
  if (finishReason === 'length' || finishReason === 'repetition') return none('truncated');
  if (NONE_LINE.test(prose)) return none('deferred');
  const block = blocks.findLast(({ language }) => language === 'js' || language === 'javascript');
  if (block === undefined) return none(blocks.length === 0 ? 'deferred' : 'no-code');
  if (!block.isClosed) return none('truncated');
  if (block.body.length > LONGEST_PROGRAM) return none('too-long');
  return DEFINES_VERIFY.test(block.body) ? { ok: true, source: block.body } : none('no-verify');
}

/** Collects the fenced blocks; returns the last line outside them that is not empty, if no block comes after it. */
function readBlocks(text: string, blocks: FencedBlock[]): string {
  let lastProse = '';
  let open: { readonly marks: string; readonly language: string; readonly lines: string[] } | undefined;
  for (const line of text.split(/\r\n?|\n/)) {
    const fence = FENCE.exec(line);
    if (open === undefined) {
      if (fence !== null) open = { marks: fence[1] ?? '', language: (fence[2] ?? '').toLowerCase(), lines: [] };
      if (fence !== null) lastProse = '';
      else if (line.trim() !== '') lastProse = line;
    } else if (fence !== null && fence[2] === '' && (fence[1] ?? '').length >= open.marks.length) {
      blocks.push({ language: open.language, body: open.lines.join('\n'), isClosed: true });
      open = undefined;
    } else open.lines.push(line);
  }
  if (open !== undefined) blocks.push({ language: open.language, body: open.lines.join('\n'), isClosed: false });
  return lastProse;
}

function none(reason: NoProgramReason): WrittenProgram {
  return { ok: false, reason };
}
