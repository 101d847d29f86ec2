import { resolve } from 'node:path';
import type { BoltConfig } from '../configs/schema/bolt-loop.ts';
import type { BoltExample } from '../domain/bolt/bolt-example.ts';
import type { ArtifactRef } from '../domain/artifact.ts';
import type { CollectedQuery } from '../domain/bolt/bolt-query.ts';
import { ConfigError } from '../domain/errors.ts';
import type { PromptRow } from '../domain/prompt.ts';
import { readExampleLibrary } from './bolt-files.ts';
import { collectQueries } from './collect-queries.ts';
import type { DatasetReader } from './dataset-reader.ts';
import { readPromptFile } from './prompt-file.ts';

/** What BOLT's first stage reads beside the prompts of the run. */
export interface BoltFiles {
  readonly collected: readonly CollectedQuery[];
  /** Datasets of other runs among the collected. */
  readonly datasets: readonly ArtifactRef[];
  readonly library: readonly BoltExample[];
  readonly evaluationSets: readonly { readonly name: string; readonly rows: readonly PromptRow[] }[];
}

/**
 * Reads the files of the first stage; `null` for a run that begins later.
 *
 * @throws DataError for a file; ConfigError `config/unusable` for items that nobody decides, or too few examples
 */
export async function readBoltFiles(config: BoltConfig, readDataset: DatasetReader): Promise<BoltFiles | null> {
  const { curation, stages } = config;
  if (!stages.includes('bootstrap') || curation === undefined) return null;
  const { rows: collected, datasets } = await collectQueries(readDataset, curation.queries, config);
  const library = await readExampleLibrary(resolve(config.bootstrap.examples));
  const evaluationSets = await Promise.all(
    curation.evaluationSets.map(async ({ name, path }) => ({
      name,
      rows: await readPromptFile(resolve(path), { allowNoChecklist: true }),
    })),
  );
  checkDecidable(collected, config);
  checkEnoughExamples(library, config);
  return { collected, datasets, library, evaluationSets };
}

function checkDecidable(collected: readonly CollectedQuery[], { bootstrap, judge }: BoltConfig): void {
  if (bootstrap.scorer !== 'checklist' || judge !== undefined) return;
  const row = collected.find(({ checklist }) => checklist.some(({ verifier }) => verifier === undefined));
  if (row === undefined) return;
  throw new ConfigError(
    'config/unusable',
    `Query "${row.promptId}" has an item without a verifier and the config has no judge: add a verifier to the item or a judge section, or set bootstrap.scorer to "verifier".`,
  );
}

function checkEnoughExamples(library: readonly BoltExample[], { bootstrap: { examples, shown } }: BoltConfig): void {
  if (library.length >= shown) return;
  throw new ConfigError(
    'config/unusable',
    `${examples} has ${library.length} examples and ${shown} are to be shown: add examples or lower bootstrap.shown.`,
  );
}
