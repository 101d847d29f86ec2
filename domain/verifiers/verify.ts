import { verifyBulletList } from './bullet-list.ts';
import { verifyEndPhrase } from './end-phrase.ts';
import { verifyIfeval } from './ifeval.ts';
import { verifyLengthSentences, verifyLengthWords } from './length.ts';
import { verifyAllLowercase, verifyAllUppercase } from './letter-case.ts';
import { verifyNoComma } from './no-comma.ts';
import type { DeclarativeVerifier, VerifierFinding } from './verifier.ts';
import { verifyForbiddenWords, verifyRequiredWords } from './word-choice.ts';

/** Decides one item by code. An empty text fails every verifier, as in IFEval. */
export function verify(verifier: DeclarativeVerifier, text: string): VerifierFinding {
  if (text.trim() === '') return { pass: false, reason: 'empty text' };
  switch (verifier.kind) {
    case 'length_words':
      return verifyLengthWords(text, verifier.args);
    case 'length_sentences':
      return verifyLengthSentences(text, verifier.args);
    case 'all_lowercase':
      return verifyAllLowercase(text);
    case 'all_uppercase':
      return verifyAllUppercase(text);
    case 'required_words':
      return verifyRequiredWords(text, verifier.args);
    case 'forbidden_words':
      return verifyForbiddenWords(text, verifier.args);
    case 'no_comma':
      return verifyNoComma(text);
    case 'bullet_list':
      return verifyBulletList(text, verifier.args);
    case 'end_phrase':
      return verifyEndPhrase(text, verifier.args);
    case 'ifeval':
      return verifyIfeval(text, verifier.args);
  }
}
