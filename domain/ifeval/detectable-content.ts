import type { IfevalKwargs } from './ifeval-kind.ts';
import { PYTHON_SPACE, stripSpace } from './python-text.ts';

const PLACEHOLDER = /\[[^\n]*?\]/gu;
const PPS = new RegExp(String.raw`p\.[${PYTHON_SPACE}]?p\.[${PYTHON_SPACE}]?s`, 'u');
const PS = new RegExp(String.raw`p\.[${PYTHON_SPACE}]?s\.`, 'u');

/** Whether there are at least so many `[placeholders]`, each within one line. */
export function hasPlaceholders(
  response: string,
  { num_placeholders }: IfevalKwargs['detectable_content:number_placeholders'],
): boolean {
  return (response.match(PLACEHOLDER)?.length ?? 0) >= num_placeholders;
}

/** Whether the marker of a postscript occurs anywhere, in any case; `P.P.S` and `P.S.` also with a space inside. */
export function hasPostscript(response: string, kwargs: IfevalKwargs['detectable_content:postscript']): boolean {
  const marker = stripSpace(kwargs.postscript_marker);
  const text = response.toLowerCase();
  if (marker === 'P.P.S') return PPS.test(text);
  return marker === 'P.S.' ? PS.test(text) : text.includes(marker.toLowerCase());
}
