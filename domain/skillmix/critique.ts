import { isWhole, type FinishReason } from '../completion.ts';
import { stripThoughts } from '../judging/strip-thoughts.ts';
import { isApology } from './parse-pair.ts';

/** What was read of a critique; a cut one still says something and is used. */
export type CritiqueReply =
  | {
      readonly ok: true;
      readonly text: string;
      /** It finds nothing to mend, so that a rewrite has nothing to go by. */
      readonly onlyPraise: boolean;
      readonly cut: boolean;
    }
  | { readonly ok: false; readonly fault: 'empty' | 'apology' };

const WEAKNESSES = /^[ \t#*_>\d.)]*(?:weak(?:ness(?:es)?|\s*points?)?|problems?|flaws?|issues?)\b[^\n:：]*[:：*]*/im;
const STRENGTHS = /^[ \t#*_>\d.)]*(?:strengths?|strong\s*points?|what\s+(?:works|should stay))\b/im;
const NOTHING =
  /^[\s\-*•.:]*(?:none|nothing|no (?:real |major |obvious )?(?:weakness\w*|problems?|issues?)|n\/a)\b[^\n]{0,60}$/i;
const FAULT_WORDS =
  /\b(?:generic|vague|unclear|lack(?:s|ing)?|miss(?:es|ing)|too\b|could|should|wrong|incorrect|repetiti\w+|but|however|not\b|no\b|without|needs?|improve)/i;

/** Reads a critique of weaknesses and strengths; without these labels the whole text is taken as it is. */
export function parseCritique(reply: string, finishReason: FinishReason): CritiqueReply {
  const text = stripThoughts(reply).trim();
  if (text === '') return { ok: false, fault: 'empty' };
  if (isApology(text)) return { ok: false, fault: 'apology' };
  return { ok: true, text, onlyPraise: isOnlyPraise(text), cut: !isWhole(finishReason) };
}

function isOnlyPraise(text: string): boolean {
  const weak = WEAKNESSES.exec(text);
  if (weak === null) return !FAULT_WORDS.test(text);
  const rest = text.slice(weak.index + weak[0].length);
  const end = rest.search(STRENGTHS);
  const listed = (end < 0 ? rest : rest.slice(0, end)).trim();
  return listed === '' || NOTHING.test(listed);
}
