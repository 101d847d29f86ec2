import type { FinishReason } from '../completion.ts';
import { fillTemplate } from '../fill-template.ts';
import { listField, readJsonReply, textField, unreadable, type ReadReply } from './read-json-reply.ts';
import { DIFFICULTIES, INPUT_QUALITIES, type RowTags } from './synthesis-row.ts';
import type { TagKind } from './tag-schemas.ts';
import { readTaskCategory, TASK_CATEGORIES, type TaskCategory } from './task-categories.ts';

/** Longest explanation that a row keeps, characters. */
const LONGEST_TEXT = 1000;

/** Fills `prompts/tag-<kind>.md`. @throws ConfigError `config/invalid` when its placeholders are not the right ones */
export function renderTagPrompt(kind: TagKind, template: string, query: string): string {
  const categories = Object.entries(TASK_CATEGORIES).map(([name, description]) => `- ${name}: ${description}`);
  return fillTemplate(`The template prompts/tag-${kind}.md`, template, {
    query: { quoted: query },
    ...(kind === 'category' ? { categories: { plain: categories.join('\n') } } : {}),
  });
}

/** Reads the tags of one kind; a value outside of its enumeration is no tag. */
export function readTagReply(kind: TagKind, reply: string, finishReason: FinishReason): ReadReply<RowTags> {
  const read = readJsonReply(reply, finishReason);
  if (!read.ok) return read;
  switch (kind) {
    case 'category':
      return readCategories(read.value);
    case 'quality':
      return readQuality(read.value);
    case 'difficulty':
      return readDifficulty(read.value);
  }
}

/** The tags of one kind where none could be read. */
export function noTags(kind: TagKind): RowTags {
  switch (kind) {
    case 'category':
      return { category: null, otherCategories: null };
    case 'quality':
      return { quality: null, qualityExplanation: null };
    case 'difficulty':
      return { difficulty: null, intent: null, knowledge: null };
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

function readCategories(object: JsonObject): ReadReply<RowTags> {
  const primary = textField(object, 'primary_tag');
  const category = primary === null ? null : readTaskCategory(primary);
  if (category === null) return unreadable(primary === null ? 'primary_tag is missing' : 'a category beside the list');
  const others = (listField(object, 'other_tags') ?? []).map(readTaskCategory);
  const known = new Set(others.filter((other): other is TaskCategory => other !== null && other !== category));
  return { ok: true, value: { category, otherCategories: [...known] } };
}

function readQuality(object: JsonObject): ReadReply<RowTags> {
  const quality = readRank(INPUT_QUALITIES, textField(object, 'input_quality'));
  if (quality === null) return unreadable('input_quality is none of the five');
  return { ok: true, value: { quality, qualityExplanation: shorten(textField(object, 'explanation')) } };
}

function readDifficulty(object: JsonObject): ReadReply<RowTags> {
  const difficulty = readRank(DIFFICULTIES, textField(object, 'difficulty'));
  if (difficulty === null) return unreadable('difficulty is none of the five');
  const [intent, knowledge] = [textField(object, 'intent'), textField(object, 'knowledge')];
  return { ok: true, value: { difficulty, intent: shorten(intent), knowledge: shorten(knowledge) } };
}

function readRank<Rank extends string>(ranks: readonly Rank[], word: string | null): Rank | null {
  const said = word?.toLowerCase().replaceAll(/[\s_-]+/g, ' ');
  return ranks.find((rank) => rank === said) ?? null;
}

function shorten(text: string | null): string | null {
  return text === null || text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1)}…`;
}
