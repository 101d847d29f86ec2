import type { IfevalKwargs } from './ifeval-kind.ts';
import { PYTHON_SPACE, stripSpace } from './python-text.ts';

const STAR_BULLET = new RegExp(String.raw`(?<![^\n])[${PYTHON_SPACE}]*\*[^*][^\n]*`, 'gu');
const DASH_BULLET = new RegExp(String.raw`(?<![^\n])[${PYTHON_SPACE}]*-[^\n]*`, 'gu');

const OPTIONS = ['My answer is yes.', 'My answer is no.', 'My answer is maybe.'];

const FENCES = ['```json', '```Json', '```JSON', '```'];

/** Strings, so that their content stays, and the three numbers that Python reads but JSON does not have. */
const STRING_OR_NOT_A_NUMBER = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/gsu;

/** Whether there are exactly so many bullet points: lines that begin with `*` or `-`; `**bold**` is none. */
export function hasBullets(
  response: string,
  { num_bullets }: IfevalKwargs['detectable_format:number_bullet_lists'],
): boolean {
  return countMatches(response, STAR_BULLET) + countMatches(response, DASH_BULLET) === num_bullets;
}

/** Whether one of the three fixed answers occurs, anywhere in the response. */
export function hasConstrainedAnswer(response: string): boolean {
  return OPTIONS.some((option) => response.includes(option));
}

/** Whether there are at least so many `*highlights*`; `**two stars**` may count twice, as in the public code. */
export function hasHighlights(
  response: string,
  { num_highlights }: IfevalKwargs['detectable_format:number_highlighted_sections'],
): boolean {
  const single = response.match(/\*[^\n*]*\*/gu) ?? [];
  const double = response.match(/\*\*[^\n*]*\*\*/gu) ?? [];
  const filled = [...single, ...double].filter((highlight) => stripSpace(highlight.replaceAll('*', '')) !== '');
  return filled.length >= num_highlights;
}

/** Whether there are at least so many section heads: the marker and a number, in the given case. */
export function hasSections(
  response: string,
  { section_spliter, num_sections }: IfevalKwargs['detectable_format:multiple_sections'],
): boolean {
  const marker = stripSpace(section_spliter).replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  return countMatches(response, new RegExp(String.raw`${marker}[${PYTHON_SPACE}]?\p{Nd}+`, 'gu')) >= num_sections;
}

/** Whether the response, a code fence around it aside, is JSON as Python's `json` reads it: with NaN and Infinity. */
export function isJson(response: string): boolean {
  let body = stripSpace(response);
  for (const fence of FENCES) if (body.startsWith(fence)) body = body.slice(fence.length);
  if (body.endsWith('```')) body = body.slice(0, -3);
  body = stripSpace(body).replaceAll(STRING_OR_NOT_A_NUMBER, (part) => (part.startsWith('"') ? part : 'null'));
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}

/** Whether a `<<title>>` that is not blank stands in one line. */
export function hasTitle(response: string): boolean {
  return (response.match(/<<[^\n]+>>/gu) ?? []).some(
    (title) => stripSpace(title.replace(/^<+/, '').replace(/>+$/, '')) !== '',
  );
}

function countMatches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
