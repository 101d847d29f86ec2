import type { PromptRow } from '../prompt.ts';
import type { IfevalInstruction, IfevalRow, Relation } from './ifeval-kind.ts';

/** A row of IFEval as a row of a prompt set: each instruction a question with its strict verifier. */
export function ifevalRowToPrompt({ key, prompt, instructions }: IfevalRow): PromptRow {
  return {
    promptId: `ifeval-${key}`,
    messages: [{ role: 'user', content: prompt }],
    checklist: instructions.map((instruction) => ({
      question: askInstruction(instruction),
      verifier: { kind: 'ifeval', args: instruction },
    })),
  };
}

/** The question that an instruction's verifier answers. */
export function askInstruction({ id, kwargs }: IfevalInstruction): string {
  switch (id) {
    case 'keywords:existence':
      return `Does the response include ${quoteAll(kwargs.keywords)}?`;
    case 'keywords:frequency':
      return `Does ${quote(kwargs.keyword)} appear ${bound(kwargs.relation, kwargs.frequency, 'time')} in the response?`;
    case 'keywords:forbidden_words':
      return `Does the response avoid ${quoteAll(kwargs.forbidden_words)}?`;
    case 'keywords:letter_frequency':
      return `Does the letter ${quote(kwargs.letter)} appear ${bound(kwargs.let_relation, kwargs.let_frequency, 'time')} in the response?`;
    case 'language:response_language':
      return `Is the entire response in the language with the code ${quote(kwargs.language)}?`;
    case 'length_constraints:number_sentences':
      return `Does the response have ${bound(kwargs.relation, kwargs.num_sentences, 'sentence')}?`;
    case 'length_constraints:number_paragraphs':
      return `Does the response have exactly ${plural(kwargs.num_paragraphs, 'paragraph')}, divided by ***?`;
    case 'length_constraints:number_words':
      return `Does the response have ${bound(kwargs.relation, kwargs.num_words, 'word')}?`;
    case 'length_constraints:nth_paragraph_first_word':
      return `Does the response have exactly ${plural(kwargs.num_paragraphs, 'paragraph')}, divided by blank lines, and does paragraph ${kwargs.nth_paragraph} begin with ${quote(kwargs.first_word)}?`;
    case 'detectable_content:number_placeholders':
      return `Does the response have ${bound('at least', kwargs.num_placeholders, 'placeholder')} in square brackets?`;
    case 'detectable_content:postscript':
      return `Does the response have a postscript that begins with ${quote(kwargs.postscript_marker)}?`;
    case 'detectable_format:number_bullet_lists':
      return `Does the response have exactly ${plural(kwargs.num_bullets, 'bullet point')}?`;
    case 'detectable_format:constrained_response':
      return 'Does the response say "My answer is yes.", "My answer is no." or "My answer is maybe."?';
    case 'detectable_format:number_highlighted_sections':
      return `Does the response highlight ${bound('at least', kwargs.num_highlights, 'section')} with *asterisks*?`;
    case 'detectable_format:multiple_sections':
      return `Does the response have ${bound('at least', kwargs.num_sections, 'section')} marked ${quote(kwargs.section_spliter)} and a number?`;
    case 'detectable_format:json_format':
      return 'Is the entire response JSON, a code fence aside?';
    case 'detectable_format:title':
      return 'Does the response have a title in double angular brackets?';
    case 'combination:two_responses':
      return 'Does the response give exactly two different answers, divided by ******?';
    case 'combination:repeat_prompt':
      return `Does the response begin by repeating, word for word, ${quote(kwargs.prompt_to_repeat)}?`;
    case 'startend:end_checker':
      return `Does the response end with the exact phrase ${quote(kwargs.end_phrase)}?`;
    case 'startend:quotation':
      return 'Is the entire response wrapped in double quotation marks?';
    case 'change_case:capital_word_frequency':
      return `Are there ${bound(kwargs.capital_relation, kwargs.capital_frequency, 'word')} in all capital letters in the response?`;
    case 'change_case:english_capital':
      return 'Is the entire response in English and in all capital letters?';
    case 'change_case:english_lowercase':
      return 'Is the entire response in English and in all lowercase letters?';
    case 'punctuation:no_comma':
      return 'Is the response free of commas?';
  }
}

/** JSON keeps line breaks and quotes of a data set inside the quotes. */
const quote = (text: string): string => JSON.stringify(text);

const quoteAll = (texts: readonly string[]): string => texts.map(quote).join(', ');

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function bound(relation: Relation, count: number, unit: string): string {
  return `${relation === 'less than' ? 'fewer than' : relation} ${plural(count, unit)}`;
}
