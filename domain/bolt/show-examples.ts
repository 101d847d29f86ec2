import { defuseChatTokens } from '../chat-tokens.ts';
import { ConfigError } from '../errors.ts';
import { fillTemplate } from '../fill-template.ts';
import { createRandom, deriveSeed } from '../random.ts';
import type { BoltExample } from './bolt-example.ts';
import { joinThoughts, type ThoughtDelimiters } from './thought-format.ts';

/** Which examples a prompt shows. */
export interface ShowRules {
  /** Seed of the run. */
  readonly seed: number;
  /** Examples in a prompt. @source BOLT (arXiv 2502.03860) §3.1.3: 3 of 10 */
  readonly shown: number;
  /** `query`: all samples of a query share a prompt, and with it the server's prefix cache. The paper does not say. */
  readonly drawPer: 'query' | 'sample';
}

/** The draw that a prompt is made for. */
export interface ShowFor {
  readonly promptId: string;
  readonly sampleIndex: number;
  /** 0, and more where a query without a valid response is asked again with other examples. */
  readonly attempt: number;
}

const EXAMPLE_HEADING = '=== EXAMPLE';
const END_HEADING = '=== END OF EXAMPLE';

/** Headings of the prompt: a response that goes on to another example is stopped at them. */
export const BOOTSTRAP_HEADINGS: readonly string[] = [EXAMPLE_HEADING, END_HEADING];

/**
 * Examples drawn uniformly without replacement, the same ones for the same seed and draw, whatever the order of the library.
 *
 * @throws ConfigError `config/unusable` when the library is smaller than what is to be shown
 */
export function drawExamples(
  library: readonly BoltExample[],
  { seed, shown, drawPer }: ShowRules,
  { promptId, sampleIndex, attempt }: ShowFor,
): readonly BoltExample[] {
  if (library.length < shown) {
    throw new ConfigError(
      'config/unusable',
      `The library has ${library.length} examples and ${shown} are to be shown: add examples or lower bootstrap.shown.`,
    );
  }
  const left = library.toSorted((a, b) => (a.exampleId < b.exampleId ? -1 : 1));
  const random = createRandom(
    deriveSeed([seed, 'bolt-examples', promptId, attempt, drawPer === 'query' ? 0 : sampleIndex]),
  );
  return Array.from({ length: shown }, () => left.splice(Math.floor(random() * left.length), 1)).flat();
}

/**
 * Fills `prompts/bolt-bootstrap.md`. The query is quoted like any text of a data set; what the examples say cannot set a
 * turn or close a thought, only the delimiters around their parts can.
 *
 * @throws ConfigError `config/invalid` when the placeholders are not the right ones
 */
export function renderBootstrapPrompt(
  template: string,
  query: string,
  examples: readonly BoltExample[],
  delimiters: ThoughtDelimiters,
): string {
  return fillTemplate('The template prompts/bolt-bootstrap.md', template, {
    examples: {
      plain: examples.map((example, index) => renderExample(example, index + 1, delimiters)).join('\n\n'),
    },
    query: { quoted: query },
    thoughtOpen: { plain: delimiters.thoughtOpen },
    thoughtClose: { plain: delimiters.thoughtClose },
  });
}

/** All that an example says, to compare a response with. */
export function exampleText({ query, thoughts, solution }: BoltExample): string {
  return [query, thoughts, solution].join('\n\n');
}

function renderExample(example: BoltExample, number: number, delimiters: ThoughtDelimiters): string {
  const parts = {
    thoughts: defuseChatTokens(example.thoughts.trim()),
    solution: defuseChatTokens(example.solution.trim()),
  };
  const query = fillTemplate('The query of an example', '{{query}}', { query: { quoted: example.query.trim() } });
  return [
    `${EXAMPLE_HEADING} ${number} ===`,
    `Request:\n\n${query}`,
    `Response:\n\n${joinThoughts(parts, delimiters)}`,
    `${END_HEADING} ${number} ===`,
  ].join('\n\n');
}
