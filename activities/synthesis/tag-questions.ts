import { readFile } from 'node:fs/promises';
import { readGuardReply, renderSafetyPrompt } from '../../domain/synthesis/guard-reply.ts';
import type { RowTags } from '../../domain/synthesis/synthesis-row.ts';
import { noTags, readTagReply, renderTagPrompt } from '../../domain/synthesis/tag-replies.ts';
import { SAFETY_SCHEMA, TAG_SCHEMAS, type TagKind } from '../../domain/synthesis/tag-schemas.ts';
import type { SynthesisServices } from './services.ts';
import { askForTag, type TagCalls } from './tag-calls.ts';
import type { WriterSeat } from '../calls/writer-seat.ts';

/** What one question brought. */
export interface AskedTags {
  readonly tags: RowTags;
  /** Why nothing could be read; `null` where something was. */
  readonly unread: string | null;
}

/** One kind of question about a query. */
export interface TagQuestion {
  readonly kind: TagKind | 'safety';
  readonly seat: WriterSeat;
  ask(calls: TagCalls, rowId: string, query: string): Promise<AskedTags>;
}

/** The order in which the published code asks. */
const ORDER: readonly TagKind[] = ['difficulty', 'quality', 'category'];

/** The questions that the config asks about each query. */
export async function listTagQuestions({ seats, quality }: SynthesisServices): Promise<readonly TagQuestion[]> {
  const { tagger, guard } = seats;
  const kinds = ORDER.filter((kind) => quality.tags.ask.includes(kind));
  return [
    ...(tagger === null ? [] : await Promise.all(kinds.map((kind) => tagQuestion(quality.tags, tagger, kind)))),
    ...(guard === null || quality.tags.guard === undefined ? [] : [await safetyQuestion(quality.tags, guard)]),
  ];
}

type Tags = SynthesisServices['quality']['tags'];

async function tagQuestion(
  { attempts, temperature, retryTemperature, maxTokens }: Tags,
  seat: WriterSeat,
  kind: TagKind,
): Promise<TagQuestion> {
  const template = await readTemplate(kind);
  const ask = { kind, seat, attempts, temperature, retryTemperature, maxTokens, schema: TAG_SCHEMAS[kind] };
  return {
    kind,
    seat,
    async ask(calls, rowId, query) {
      const content = renderTagPrompt(kind, template, query);
      const read = await askForTag(
        calls,
        { ...ask, read: (reply, finish) => readTagReply(kind, reply, finish) },
        rowId,
        content,
      );
      return read.ok ? { tags: read.value, unread: null } : { tags: noTags(kind), unread: read.cause };
    },
  };
}

/**
 * Asks a guard about the query alone, before a reply is paid for.
 *
 * @source Magpie (arXiv 2406.08464) appendix C tags query and reply with Llama Guard 2 and keeps its text as it is.
 *   Departures: the query alone, so that the tag can filter; verdict and categories apart
 */
async function safetyQuestion({ guard, retryTemperature }: Tags, seat: WriterSeat): Promise<TagQuestion> {
  const { format = 'llama-guard', attempts = 1, maxTokens = 1 } = guard ?? {};
  const template = format === 'json' ? await readTemplate('safety') : '';
  const ask = {
    kind: 'safety',
    seat,
    attempts,
    temperature: 0,
    retryTemperature,
    maxTokens,
    ...(format === 'json' ? { schema: SAFETY_SCHEMA } : {}),
  };
  return {
    kind: 'safety',
    seat,
    async ask(calls, rowId, query) {
      // A guard has instructions of its own in its chat template: it is sent what it judges, and nothing else.
      const content = format === 'json' ? renderSafetyPrompt(template, query) : query;
      const read = await askForTag(
        calls,
        { ...ask, read: (reply, finish) => readGuardReply(format, reply, finish) },
        rowId,
        content,
      );
      return read.ok ? { tags: { safety: read.value }, unread: null } : { tags: { safety: null }, unread: read.cause };
    },
  };
}

function readTemplate(kind: TagKind | 'safety'): Promise<string> {
  return readFile(new URL(`../../prompts/tag-${kind}.md`, import.meta.url), 'utf8');
}
