import { stripThoughts } from '../judging/strip-thoughts.ts';
import { normaliseName } from './skill-name.ts';
import { stripQuotes } from './strip-quotes.ts';

/** A kind of message that people send to an assistant. */
export interface QueryType {
  /** The normalised name: what rows are stamped with. */
  readonly id: string;
  readonly name: string;
  readonly definition: string;
  readonly examples: readonly string[];
}

/** A block that lacks a part of a type. */
export interface IncompleteType {
  /** Line of the file or reply, from 1. */
  readonly line: number;
  readonly name: string;
  readonly lacks: 'definition' | 'examples' | 'another name';
}

/** The line that opens a type: a number, a heading or bold letters, then its name and perhaps its definition. */
const OPENING = /^ {0,3}(?:#{1,6}\s*)?(?:\d{1,3}[.)]\s*)?(?:\*\*(.+?)\*\*\s*[:：]?|([^*:：]{1,80})[:：])\s*(.*)$/;
const STARTS = /^ {0,3}(?:#{1,6}\s*|\d{1,3}[.)]\s*|\*\*)/;
const BULLET = /^\s*(?:[-*•]|[a-z]\)|\d{1,3}[.)])\s+/i;
const EXAMPLE_LABEL =
  /^\**(?:examples?|sample|e\.g\.)(?:\s+(?:query|queries|message|messages))?\s*(?:\d+\**\s*|\*+\s*)?[:：]\s*\**\s*/i;
const DEFINITION_LABEL = /^\**(?:definition|description|meaning)\**\s*[:：]\s*\**\s*/i;

/**
 * Reads a list of types: a block each, with number, bold name, definition and example messages, as upstream's files and our
 * prompt have it. Blocks that lack a part are told apart.
 */
export function parseQueryTypes(text: string): {
  readonly types: readonly QueryType[];
  readonly incomplete: readonly IncompleteType[];
} {
  const types = new Map<string, QueryType>();
  const incomplete: IncompleteType[] = [];
  for (const { line, name, body } of splitBlocks(stripThoughts(text))) {
    const { definition, examples } = readBody(body);
    const id = normaliseName(name);
    if (id === '' || types.has(id)) incomplete.push({ line, name, lacks: 'another name' });
    else if (definition === '') incomplete.push({ line, name, lacks: 'definition' });
    else if (examples.length === 0) incomplete.push({ line, name, lacks: 'examples' });
    else types.set(id, { id, name, definition, examples });
  }
  return { types: [...types.values()], incomplete };
}

interface Block {
  readonly line: number;
  readonly name: string;
  readonly body: string[];
}

function splitBlocks(text: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const match = STARTS.test(line) ? OPENING.exec(line) : null;
    const name = (match?.[1] ?? match?.[2] ?? '').replace(/(?<![:：*])[:：*]+$/, '').trim();
    const isLabel = EXAMPLE_LABEL.test(`${name}:`) || DEFINITION_LABEL.test(`${name}:`);
    if (match !== null && name !== '' && !isLabel) blocks.push({ line: index + 1, name, body: [match[3] ?? ''] });
    else blocks.at(-1)?.body.push(line);
  }
  return blocks;
}

/** Lines before the first example define the type; quoted or bulleted lines after it are examples. */
function readBody(body: readonly string[]): { readonly definition: string; readonly examples: readonly string[] } {
  const definition: string[] = [];
  const examples: string[] = [];
  let afterLabel = false;
  for (const line of body) {
    const bare = line.replace(BULLET, '').trim();
    if (bare === '') continue;
    const isDefinition = DEFINITION_LABEL.test(bare);
    const said = bare.replace(EXAMPLE_LABEL, '').replace(DEFINITION_LABEL, '').trim();
    const isExample =
      !isDefinition &&
      (/^["“'‘]/.test(said) || (definition.length > 0 && (afterLabel || said !== bare || BULLET.test(line))));
    afterLabel ||= !isDefinition && EXAMPLE_LABEL.test(`${bare}${bare.endsWith(':') ? ' ' : ''}`);
    if (said === '') continue;
    if (isExample) examples.push(stripQuotes(said));
    else if (examples.length === 0) definition.push(said.replace(/^[-–—:]\s*/, ''));
  }
  return { definition: definition.join(' ').trim(), examples };
}
