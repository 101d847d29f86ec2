import { fillTemplate } from '../fill-template.ts';

/** What a base model would write next if it went on with the examples. */
export const BASE_REPLY_STOPS: readonly string[] = ['\n=== '];

/**
 * Fills `prompts/base-reply.md`: a few queries with answers, and the query last. A base model that goes on with the text
 * answers it.
 *
 * @source URIAL (arXiv 2312.01552), as Magpie (arXiv 2406.08464) appendix C uses it for the reward difference. Departure:
 *   examples of our own
 */
export function renderBaseReplyPrompt(template: string, query: string): string {
  const filled = fillTemplate('The template prompts/base-reply.md', template, { query: { quoted: query } });
  // No blank at the end: most tokenizers join it with what comes next.
  return `${filled.trimEnd()}\n\n`;
}
