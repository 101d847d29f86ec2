/** How a count is compared with its bound. */
export type Relation = 'less than' | 'at least';

/** Keyword arguments of each of the 25 kinds, named as in the public data. Counts are whole numbers from 1 on. */
export interface IfevalKwargs {
  readonly 'keywords:existence': { readonly keywords: readonly string[] };
  readonly 'keywords:frequency': { readonly keyword: string; readonly frequency: number; readonly relation: Relation };
  readonly 'keywords:forbidden_words': { readonly forbidden_words: readonly string[] };
  readonly 'keywords:letter_frequency': {
    /** One character. */
    readonly letter: string;
    readonly let_frequency: number;
    readonly let_relation: Relation;
  };
  /** ISO 639-1 code; `zh-cn` and `zh-tw` for Chinese. */
  readonly 'language:response_language': { readonly language: string };
  readonly 'length_constraints:number_sentences': { readonly num_sentences: number; readonly relation: Relation };
  readonly 'length_constraints:number_paragraphs': { readonly num_paragraphs: number };
  readonly 'length_constraints:number_words': { readonly num_words: number; readonly relation: Relation };
  readonly 'length_constraints:nth_paragraph_first_word': {
    readonly num_paragraphs: number;
    /** From 1 to `num_paragraphs`. */
    readonly nth_paragraph: number;
    readonly first_word: string;
  };
  readonly 'detectable_content:number_placeholders': { readonly num_placeholders: number };
  readonly 'detectable_content:postscript': { readonly postscript_marker: string };
  readonly 'detectable_format:number_bullet_lists': { readonly num_bullets: number };
  readonly 'detectable_format:constrained_response': NoKwargs;
  readonly 'detectable_format:number_highlighted_sections': { readonly num_highlights: number };
  readonly 'detectable_format:multiple_sections': { readonly section_spliter: string; readonly num_sections: number };
  readonly 'detectable_format:json_format': NoKwargs;
  readonly 'detectable_format:title': NoKwargs;
  readonly 'combination:two_responses': NoKwargs;
  readonly 'combination:repeat_prompt': { readonly prompt_to_repeat: string };
  readonly 'startend:end_checker': { readonly end_phrase: string };
  readonly 'startend:quotation': NoKwargs;
  readonly 'change_case:capital_word_frequency': {
    readonly capital_frequency: number;
    readonly capital_relation: Relation;
  };
  readonly 'change_case:english_capital': NoKwargs;
  readonly 'change_case:english_lowercase': NoKwargs;
  readonly 'punctuation:no_comma': NoKwargs;
}

type NoKwargs = Readonly<Record<string, never>>;

/** Name of a kind, `<family>:<kind>`. */
export type IfevalId = keyof IfevalKwargs;

/**
 * One verifiable instruction, as data.
 *
 * @source IFEval (arXiv 2311.07911) §3, table 1; google-research `instruction_following_eval/instructions_registry.py`
 */
export type IfevalInstruction = {
  readonly [Id in IfevalId]: { readonly id: Id; readonly kwargs: IfevalKwargs[Id] };
}[IfevalId];

/** One row of the benchmark. */
export interface IfevalRow {
  readonly key: number;
  readonly prompt: string;
  readonly instructions: readonly IfevalInstruction[];
}

/** Whether a count satisfies a relation to its bound. */
export function satisfies(count: number, relation: Relation, bound: number): boolean {
  return relation === 'less than' ? count < bound : count >= bound;
}
