import type { JsonValue } from '../canonical-json.ts';
import { DIFFICULTIES, INPUT_QUALITIES } from './synthesis-row.ts';
import { TASK_CATEGORY_NAMES } from './task-categories.ts';

/** What a model can be asked to say of a query. */
export const TAG_KINDS = ['category', 'quality', 'difficulty'] as const;
export type TagKind = (typeof TAG_KINDS)[number];

const text = { type: 'string' } as const;
const oneOf = (values: readonly string[]) => ({ type: 'string', enum: [...values] }) as const;

function objectOf(properties: { readonly [key: string]: JsonValue }): { readonly [key: string]: JsonValue } {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/**
 * JSON schemas of the replies. Reasons stand before the verdict, and servers write in that order.
 *
 * @source Magpie (arXiv 2406.08464) appendix C, unitag: fields and order. Departure: the whole reply is held to a schema;
 *   the published code stops at the first "}", and so loses every query whose tags quote one, most of them about code
 */
export const TAG_SCHEMAS: Readonly<Record<TagKind, { readonly [key: string]: JsonValue }>> = {
  category: objectOf({
    primary_tag: oneOf(TASK_CATEGORY_NAMES),
    other_tags: { type: 'array', items: oneOf(TASK_CATEGORY_NAMES), maxItems: TASK_CATEGORY_NAMES.length - 1 },
  }),
  quality: objectOf({ explanation: text, input_quality: oneOf(INPUT_QUALITIES) }),
  difficulty: objectOf({ intent: text, knowledge: text, difficulty: oneOf(DIFFICULTIES) }),
};

/** JSON schema of a verdict on safety, for chat models that are no guards by training. */
export const SAFETY_SCHEMA = objectOf({
  explanation: text,
  verdict: oneOf(['safe', 'unsafe']),
  categories: { type: 'array', items: text, maxItems: 14 },
});
