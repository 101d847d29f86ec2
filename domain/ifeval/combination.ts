import type { IfevalKwargs } from './ifeval-kind.ts';
import { stripSpace } from './python-text.ts';

/** Whether `******` divides the response into two different answers; only the first and the last part may be blank. */
export function hasTwoResponses(response: string): boolean {
  const parts = response.split('******').map(stripSpace);
  const [first, second, ...others] = parts.filter((part) => part !== '');
  if (parts.slice(1, -1).includes('')) return false;
  return second !== undefined && others.length === 0 && first !== second;
}

/** Whether the response begins with the request, in any case. */
export function repeatsPrompt(
  response: string,
  { prompt_to_repeat }: IfevalKwargs['combination:repeat_prompt'],
): boolean {
  return stripSpace(response).toLowerCase().startsWith(stripSpace(prompt_to_repeat).toLowerCase());
}
