import { z } from 'zod';

import type { IfevalInstruction } from '../../domain/ifeval/ifeval-kind.ts';

const count = z.int().min(1);
const relation = z.enum(['less than', 'at least']);
const someText = z.string().regex(/\S/, { error: 'must not be blank' });
const someTexts = z.array(someText).min(1);
const letter = z.string().regex(/^\S$/u, { error: 'must be one character' });
const language = z.string().regex(/^[a-z]{2}(?:-[a-z]{2})?$/, { error: 'must be a language code such as "en"' });
const firstWord = z
  .strictObject({ num_paragraphs: count, nth_paragraph: count, first_word: someText })
  .refine((kwargs) => kwargs.nth_paragraph <= kwargs.num_paragraphs, {
    error: 'must not be larger than num_paragraphs',
    path: ['nth_paragraph'],
  });

/** Keyword arguments of each kind. Unknown fields are errors. */
export const ifevalKwargs = {
  'keywords:existence': z.strictObject({ keywords: someTexts }),
  'keywords:frequency': z.strictObject({ keyword: someText, frequency: count, relation }),
  'keywords:forbidden_words': z.strictObject({ forbidden_words: someTexts }),
  'keywords:letter_frequency': z.strictObject({ letter, let_frequency: count, let_relation: relation }),
  'language:response_language': z.strictObject({ language }),
  'length_constraints:number_sentences': z.strictObject({ num_sentences: count, relation }),
  'length_constraints:number_paragraphs': z.strictObject({ num_paragraphs: count }),
  'length_constraints:number_words': z.strictObject({ num_words: count, relation }),
  'length_constraints:nth_paragraph_first_word': firstWord,
  'detectable_content:number_placeholders': z.strictObject({ num_placeholders: count }),
  'detectable_content:postscript': z.strictObject({ postscript_marker: someText }),
  'detectable_format:number_bullet_lists': z.strictObject({ num_bullets: count }),
  'detectable_format:constrained_response': z.strictObject({}),
  'detectable_format:number_highlighted_sections': z.strictObject({ num_highlights: count }),
  'detectable_format:multiple_sections': z.strictObject({ section_spliter: someText, num_sections: count }),
  'detectable_format:json_format': z.strictObject({}),
  'detectable_format:title': z.strictObject({}),
  'combination:two_responses': z.strictObject({}),
  'combination:repeat_prompt': z.strictObject({ prompt_to_repeat: someText }),
  'startend:end_checker': z.strictObject({ end_phrase: someText }),
  'startend:quotation': z.strictObject({}),
  'change_case:capital_word_frequency': z.strictObject({ capital_frequency: count, capital_relation: relation }),
  'change_case:english_capital': z.strictObject({}),
  'change_case:english_lowercase': z.strictObject({}),
  'punctuation:no_comma': z.strictObject({}),
} satisfies { [Id in IfevalInstruction['id']]: z.ZodType<Extract<IfevalInstruction, { id: Id }>['kwargs']> };

/** The names of all 25 kinds. */
export const ifevalIds = Object.keys(ifevalKwargs) as readonly IfevalInstruction['id'][];

/** The arguments of a checklist's `ifeval` verifier: an instruction, and whether to read the response loosely. */
export const ifevalVerifierArgs = z
  .strictObject({
    id: z.enum(ifevalIds),
    kwargs: z.record(z.string(), z.unknown()),
    loose: z.boolean().exactOptional(),
  })
  .transform((args, context) => {
    const kwargs = ifevalKwargs[args.id].safeParse(args.kwargs);
    if (kwargs.success) return { ...args, kwargs: kwargs.data } as IfevalInstruction & { readonly loose?: boolean };
    for (const { path, message } of kwargs.error.issues)
      context.issues.push({ code: 'custom', input: args, path: ['kwargs', ...path], message });
    return z.NEVER;
  });
