import { hasCapitalWords, isEnglishCapital, isEnglishLowercase } from './change-case.ts';
import { hasTwoResponses, repeatsPrompt } from './combination.ts';
import { hasPlaceholders, hasPostscript } from './detectable-content.ts';
import { hasBullets, hasConstrainedAnswer, hasHighlights, hasSections, hasTitle, isJson } from './detectable-format.ts';
import type { IfevalInstruction } from './ifeval-kind.ts';
import { avoidsWords, hasKeywordFrequency, hasKeywords, hasLetterFrequency } from './keywords.ts';
import { isInLanguage } from './language.ts';
import { hasFirstWord, hasParagraphs, hasSentences, hasWords } from './length-constraints.ts';
import { looseVariants } from './loose-variants.ts';
import { hasNoComma } from './punctuation.ts';
import { stripSpace } from './python-text.ts';
import { endsWithPhrase, isQuoted } from './startend.ts';

/** Strict: whether the response as it is follows the instruction. A blank response follows none. */
export function checkInstruction(instruction: IfevalInstruction, response: string): boolean {
  return stripSpace(response) !== '' && followsInstruction(instruction, response);
}

/** Loose: whether one of the response's eight readings follows the instruction. */
export function checkInstructionLoosely(instruction: IfevalInstruction, response: string): boolean {
  return looseVariants(response).some((variant) => checkInstruction(instruction, variant));
}

function followsInstruction(instruction: IfevalInstruction, response: string): boolean {
  switch (instruction.id) {
    case 'keywords:existence':
      return hasKeywords(response, instruction.kwargs);
    case 'keywords:frequency':
      return hasKeywordFrequency(response, instruction.kwargs);
    case 'keywords:forbidden_words':
      return avoidsWords(response, instruction.kwargs);
    case 'keywords:letter_frequency':
      return hasLetterFrequency(response, instruction.kwargs);
    case 'language:response_language':
      return isInLanguage(response, instruction.kwargs.language);
    case 'length_constraints:number_sentences':
      return hasSentences(response, instruction.kwargs);
    case 'length_constraints:number_paragraphs':
      return hasParagraphs(response, instruction.kwargs);
    case 'length_constraints:number_words':
      return hasWords(response, instruction.kwargs);
    case 'length_constraints:nth_paragraph_first_word':
      return hasFirstWord(response, instruction.kwargs);
    case 'detectable_content:number_placeholders':
      return hasPlaceholders(response, instruction.kwargs);
    case 'detectable_content:postscript':
      return hasPostscript(response, instruction.kwargs);
    case 'detectable_format:number_bullet_lists':
      return hasBullets(response, instruction.kwargs);
    case 'detectable_format:constrained_response':
      return hasConstrainedAnswer(response);
    case 'detectable_format:number_highlighted_sections':
      return hasHighlights(response, instruction.kwargs);
    case 'detectable_format:multiple_sections':
      return hasSections(response, instruction.kwargs);
    case 'detectable_format:json_format':
      return isJson(response);
    case 'detectable_format:title':
      return hasTitle(response);
    case 'combination:two_responses':
      return hasTwoResponses(response);
    case 'combination:repeat_prompt':
      return repeatsPrompt(response, instruction.kwargs);
    case 'startend:end_checker':
      return endsWithPhrase(response, instruction.kwargs);
    case 'startend:quotation':
      return isQuoted(response);
    case 'change_case:capital_word_frequency':
      return hasCapitalWords(response, instruction.kwargs);
    case 'change_case:english_capital':
      return isEnglishCapital(response);
    case 'change_case:english_lowercase':
      return isEnglishLowercase(response);
    case 'punctuation:no_comma':
      return hasNoComma(response);
  }
}
