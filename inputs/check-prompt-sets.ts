import { describeSource } from '../configs/schema/prompt-source.ts';
import type { OnlineDpoConfig } from '../configs/schema/online-dpo.ts';
import type { ConfigOf, RunConfig } from '../configs/schema/run-config.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { ConfigError, DataError } from '../domain/errors.ts';
import type { PromptRow } from '../domain/prompt.ts';
import type { PromptSetName } from '../domain/run.ts';

/** Code can measure an answer to it. */
export function isVerifiable({ checklist }: PromptRow): boolean {
  return checklist.length > 0 && checklist.every(({ verifier }) => verifier !== undefined);
}

/** The rows that somebody answers item by item: the judge of tasks scores whole answers. */
export function rowsWithItems(sets: ReadonlyMap<PromptSetName, readonly PromptRow[]>): readonly PromptRow[] {
  return [...sets].filter(([name]) => name !== 'tasks').flatMap(([, set]) => set);
}

/** Everything that the prompts of a run alone can tell to be wrong. @throws ConfigError, DataError */
export function checkPromptSets(sets: ReadonlyMap<PromptSetName, readonly PromptRow[]>, config: RunConfig): void {
  if (config.loop === 'online-dpo' || config.loop === 'bolt') checkNothingLeaks(sets, config);
  // Without a store at hand the prompts of a dataset are unknown, not none.
  const train = sets.get('train');
  if (config.loop === 'online-dpo' && train !== undefined) checkEnough(train, config);
  checkDecidable(rowsWithItems(sets), config);
}

/** What measures must not be trained on. @throws DataError `data/held-out-overlap` */
function checkNothingLeaks(
  sets: ReadonlyMap<PromptSetName, readonly PromptRow[]>,
  { data, evaluation }: ConfigOf<'online-dpo' | 'bolt'>,
): void {
  const train = sets.get('train') ?? sets.get('given') ?? [];
  const { train: source = '', heldOut } = data;
  const trainFile = describeSource(source);
  checkDisjoint(train, sets.get('held-out') ?? [], { train: trainFile, measure: heldOut, kind: 'held-out prompt' });
  const measure = evaluation.wildbench?.tasks ?? '';
  checkDisjoint(train, sets.get('tasks') ?? [], { train: trainFile, measure, kind: 'task of evaluation.wildbench' });
}

function checkDisjoint(
  train: readonly PromptRow[],
  measured: readonly PromptRow[],
  { train: trainFile, measure, kind }: Readonly<Record<'train' | 'measure' | 'kind', string>>,
): void {
  const textOf = (row: PromptRow) => canonicalJson(row.messages.map(({ role, content }) => ({ role, content })));
  const trained = new Map(train.map((row) => [textOf(row), row.promptId]));
  for (const row of measured) {
    const twin = trained.get(textOf(row));
    if (twin !== undefined) {
      throw new DataError(
        'data/held-out-overlap',
        `Prompt "${row.promptId}" of ${measure} is also "${twin}" of ${trainFile}: a ${kind} must not be trained on; remove one of them.`,
      );
    }
  }
}

/** A round needs as many prompts as it draws. @throws ConfigError `config/unusable` */
function checkEnough(train: readonly PromptRow[], { data }: OnlineDpoConfig): void {
  const { promptsPerRound } = data;
  if (promptsPerRound === undefined || promptsPerRound <= train.length) return;
  throw new ConfigError(
    'config/unusable',
    `data.promptsPerRound is ${promptsPerRound} and ${describeSource(data.train)} has ${train.length} prompts: lower it, or add prompts.`,
  );
}

/** Every item needs somebody who decides it: code, or a judge. @throws ConfigError `config/unusable` */
function checkDecidable(rows: readonly PromptRow[], config: RunConfig): void {
  // Nobody answers their prompts item by item.
  if (config.loop === 'wildbench' || config.loop === 'skillmix' || config.loop === 'magpie') return;
  if (config.judge !== undefined) return;
  if ('checklists' in config && config.checklists.source !== 'given') {
    throw new ConfigError(
      'config/unusable',
      `checklists.source is ${config.checklists.source} and the config has no judge to answer what is written: add a judge section.`,
    );
  }
  const row = rows.find(({ checklist }) => checklist.some(({ verifier }) => verifier === undefined));
  if (row !== undefined) {
    throw new ConfigError(
      'config/unusable',
      `Prompt "${row.promptId}" has an item without a verifier and the config has no judge: add a verifier to the item or a judge section.`,
    );
  }
}
