import type { IfevalKwargs } from './ifeval-kind.ts';
import { stripSpace } from './python-text.ts';

/** Whether the response ends with the phrase, in any case, double quotes around the response aside. */
export function endsWithPhrase(response: string, { end_phrase }: IfevalKwargs['startend:end_checker']): boolean {
  const text = stripSpace(response).replaceAll(/^"+|"+$/g, '');
  return text.toLowerCase().endsWith(stripSpace(end_phrase).toLowerCase());
}

/** Whether straight double quotes stand around the whole response. */
export function isQuoted(response: string): boolean {
  const text = stripSpace(response);
  return text.length > 1 && text.startsWith('"') && text.endsWith('"');
}
