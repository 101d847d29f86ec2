import { ConfigError } from '../../domain/errors.ts';
import type { Output } from '../output.ts';
import { readVerdicts } from './aggregate.ts';
import { checklistsSection } from './eval-checklists.ts';
import { llmbarSection } from './eval-llmbar.ts';
import { preferencesSection } from './eval-preferences.ts';
import { probabilitiesSection } from './eval-probabilities.ts';
import { repeatsSection } from './eval-repeats.ts';
import { humanSection, scoresSection, similaritySection } from './eval-verdicts.ts';
import { BOOTSTRAP, toSnakeCase, type Section } from './section.ts';

/** The files to evaluate a judge from; each part is optional. */
export interface EvalInputs {
  readonly verdicts?: string;
  readonly human?: string;
  readonly referenceVerdicts?: string;
  readonly preferences?: string;
  readonly llmbar?: string;
  readonly judgments?: string;
  readonly probabilities?: string;
  readonly bins: number;
  readonly html?: string;
  readonly repeats?: string;
  readonly checklists?: string;
  readonly reference?: string;
}

type FileOption = Exclude<keyof EvalInputs, 'bins'>;

/** An option that means nothing without the other. */
const NEEDS: readonly (readonly [FileOption, FileOption])[] = [
  ['human', 'verdicts'],
  ['referenceVerdicts', 'verdicts'],
  ['llmbar', 'judgments'],
  ['judgments', 'llmbar'],
  ['html', 'probabilities'],
  ['checklists', 'reference'],
  ['reference', 'checklists'],
];

/**
 * Evaluates a judge from files and prints a part for each; returns the exit code.
 *
 * @throws ConfigError `config/invalid` for options that don't go together
 * @throws DataError naming file and line
 */
export async function evaluateJudge(inputs: EvalInputs, output: Output): Promise<number> {
  checkOptions(inputs);
  const sections = await readSections(inputs);
  for (const { title, lines } of sections) output.line([title, ...lines].join('\n'));
  output.line(
    `intervals: ${BOOTSTRAP.confidence * 100} % bootstrap, ${BOOTSTRAP.resamples} resamples, seed ${BOOTSTRAP.seed}`,
  );
  const parts = Object.fromEntries(sections.map(({ key, object }) => [key, object]));
  output.object(toSnakeCase({ ...parts, bootstrap: BOOTSTRAP }) as object);
  return 0;
}

async function readSections(inputs: EvalInputs): Promise<readonly Section[]> {
  const sections: Section[] = [];
  if (inputs.verdicts !== undefined) {
    const verdicts = await readVerdicts(inputs.verdicts);
    sections.push(scoresSection(verdicts));
    if (inputs.human !== undefined) sections.push(await humanSection(verdicts, inputs.human));
    if (inputs.referenceVerdicts !== undefined) {
      sections.push(similaritySection(verdicts, await readVerdicts(inputs.referenceVerdicts)));
    }
  }
  if (inputs.preferences !== undefined) sections.push(await preferencesSection(inputs.preferences));
  if (inputs.llmbar !== undefined && inputs.judgments !== undefined) {
    sections.push(await llmbarSection(inputs.llmbar, inputs.judgments));
  }
  if (inputs.probabilities !== undefined) {
    sections.push(await probabilitiesSection(inputs.probabilities, inputs.bins, inputs.html));
  }
  if (inputs.repeats !== undefined) sections.push(await repeatsSection(inputs.repeats));
  if (inputs.checklists !== undefined && inputs.reference !== undefined) {
    sections.push(await checklistsSection(inputs.checklists, inputs.reference));
  }
  return sections;
}

function checkOptions(inputs: EvalInputs): void {
  for (const [option, needed] of NEEDS) {
    if (inputs[option] !== undefined && inputs[needed] === undefined) {
      throw new ConfigError('config/invalid', `${flag(option)} needs ${flag(needed)}: give both.`);
    }
  }
  const given = Object.entries(inputs).filter(([name, value]) => name !== 'bins' && typeof value === 'string');
  if (given.length === 0) {
    throw new ConfigError(
      'config/invalid',
      'There is nothing to evaluate: give --verdicts, --preferences or another file.',
    );
  }
}

function flag(option: FileOption): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
