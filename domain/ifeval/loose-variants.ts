import { stripSpace } from './python-text.ts';

/**
 * The eight readings that loose scoring tries: the response with and without its first line, its last line or both, each
 * with and without asterisks. In the order of the public code; without a line the rest is stripped.
 *
 * @source IFEval (arXiv 2311.07911) §4: "loose accuracy"; `test_instruction_following_loose`
 */
export function looseVariants(response: string): readonly string[] {
  const lines = response.split('\n');
  const cut = [lines.slice(1), lines.slice(0, -1), lines.slice(1, -1)].map((kept) => stripSpace(kept.join('\n')));
  const withoutStars = (text: string) => text.replaceAll('*', '');
  return [response, withoutStars(response), ...cut, ...cut.map(withoutStars)];
}
