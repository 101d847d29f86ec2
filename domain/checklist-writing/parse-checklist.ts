import { parseJsonChecklist } from './parse-json-checklist.ts';
import type { WrittenChecklist, WrittenItem } from './written-item.ts';

const LONGEST_ANALYSIS = 2000;

/** A bullet or a number, and what stands behind it. An empty box (`- [ ]`) is part of the marker. */
const LIST_LINE = /^\s*(?:[-*•+–]|\(?\d{1,2}[.):]|Q\d{1,2}[.:)])\s+(?:\[[ xX]?\]\s*)?(\S.*)$/;
const CONTINUATION = /^\s{2,}(\S.*)$/;
const HEADING = /^[\s#*_]*(?:the\s+)?(?:check\s?list|questions|requirements)(?:\s+questions)?[\s*_]*:?[\s*_]*$/i;
const REASONING = /<think>[\s\S]*?(?:<\/think>|$)/gi;
const KIND = /^[[(*_]*(explicit|implicit)[\])*_]*\s*[:.-]?\s+(?=\S)|\s*[[(](explicit|implicit)[\])]\s*$/i;

/**
 * A weight behind the question. The paper's parser takes the last parenthesised integer of the bullet, wherever it stands,
 * and so takes "at least (3) examples" for a weight; ours has to end the line.
 *
 * @source RLCF (arXiv 2507.18624), released code, data/requirement_generation
 */
const WEIGHT = /\s*\((?:weight\s*[:=]?\s*)?(-?\d{1,6})(?:\s*\/\s*100|\s*%)?\)[\s.*_]*$/i;

/**
 * Reads a writer's reply: an analysis, then one question a line behind numbers or bullets; or the same as JSON. Reasoning in
 * `<think>` is left out. When a line says "Checklist:", only what follows the last such line counts, so that a list in the
 * analysis is not taken for questions. Nothing is checked here.
 */
export function parseChecklist(reply: string): WrittenChecklist {
  const text = reply.replace(REASONING, '').trim();
  const json = parseJsonChecklist(text);
  if (json !== undefined) return { ...json, analysis: json.analysis.slice(0, LONGEST_ANALYSIS) };
  const lines = text.split(/\r\n?|\n/);
  const heading = lines.findLastIndex((line) => HEADING.test(line));
  const start = heading < 0 ? lines.findIndex((line) => LIST_LINE.test(line)) : heading;
  const analysis = lines
    .slice(0, start < 0 ? lines.length : start)
    .join('\n')
    .trim();
  const items = readList(start < 0 ? [] : lines.slice(heading < 0 ? start : heading + 1));
  return { analysis: analysis.slice(0, LONGEST_ANALYSIS), items };
}

/** Joins indented lines to the item they go on with; prose between the items is passed over. */
function readList(lines: readonly string[]): readonly WrittenItem[] {
  const texts: string[] = [];
  let isOpen = false;
  for (const line of lines) {
    const item = LIST_LINE.exec(line)?.[1];
    const more: string | undefined = isOpen ? CONTINUATION.exec(line)?.[1] : undefined;
    if (item !== undefined) texts.push(item);
    else if (more !== undefined) texts.push(`${texts.pop() ?? ''} ${more}`);
    isOpen = item !== undefined || more !== undefined;
  }
  return texts.map((text) => readItem(text));
}

function readItem(text: string): WrittenItem {
  const weight = WEIGHT.exec(text)?.[1];
  const withoutWeight = text.replace(WEIGHT, '');
  const kind = KIND.exec(withoutWeight);
  const word = (kind?.[1] ?? kind?.[2])?.toLowerCase();
  return {
    question: cleanQuestion(withoutWeight.replace(KIND, '')),
    ...(word === 'explicit' || word === 'implicit' ? { kind: word } : {}),
    ...(weight === undefined ? {} : { weight: Number(weight) }),
  };
}

/** Without the bold marks or quotes around it, on one line. */
function cleanQuestion(text: string): string {
  const oneLine = text.replace(/\s+/g, ' ').trim();
  const unmarked = oneLine.replace(/^(\*\*|__|\*|_)(.*)\1$/, '$2').trim();
  return unmarked.replace(/^["“](.*)["”]$/, '$1').trim();
}
