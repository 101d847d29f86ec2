import { ConfigError } from '../errors.ts';
import { parsePair } from './parse-pair.ts';
import { renderPair, type Pair } from './pair.ts';

/** A worked example of a draft. */
export interface DraftExample extends Pair {
  readonly queryType: string;
  readonly skills: readonly string[];
}

const BLOCK = /^## (.+)\n+skills: (.+)\n([\s\S]+)$/;

/** Reads the file of examples: a block each, with the type as its heading. @throws ConfigError `config/invalid` */
export function parseExamples(text: string): readonly DraftExample[] {
  return text
    .split(/^(?=## )/m)
    .filter((block) => block.trim() !== '')
    .map((block, index) => {
      const [, queryType = '', skills = '', body = ''] = BLOCK.exec(block) ?? [];
      const pair = parsePair(body, 'stop', { output: 'labels', allowAnswerOnly: false });
      if (queryType === '' || !pair.ok || pair.instruction === null) {
        throw new ConfigError(
          'config/invalid',
          `Example ${index + 1} of prompts/skillmix-examples.md lacks its heading, skills, instruction or response: write it as the others are.`,
        );
      }
      return {
        queryType: queryType.trim(),
        skills: skills.split(',').map((skill) => skill.trim()),
        instruction: pair.instruction,
        response: pair.response,
      };
    });
}

/** The examples to show for a combination of so many skills: of this size first, then of the sizes next to it. */
export function chooseExamples(
  examples: readonly DraftExample[],
  size: number,
  count: number,
): readonly DraftExample[] {
  const away = ({ skills }: DraftExample) => Math.abs(skills.length - size);
  return examples.toSorted((a, b) => away(a) - away(b)).slice(0, count);
}

/** The examples as they stand in a prompt, saying so where their number of skills is another; empty without any. */
export function renderExamples(examples: readonly DraftExample[], size: number, output: 'labels' | 'json'): string {
  const blocks = examples.map((example, index) => {
    const { queryType, skills, instruction, response } = example;
    const pair = output === 'json' ? JSON.stringify({ instruction, response }) : renderPair({ instruction, response });
    const other = skills.length === size ? '' : `; you get ${size}`;
    return `Example ${index + 1}. Type: ${queryType}. Skills (${skills.length}${other}): ${skills.join(', ')}\n\n${pair}\n\n`;
  });
  return blocks.join('');
}
