import { configOfLoop } from '../../configs/stage-sampling.ts';
import { boltName, promptSetPrefix, shardName, stageName } from '../../domain/artifact-names.ts';
import type { Manifest } from '../../domain/artifact.ts';
import { bestPerQuery } from '../../domain/bolt/best-per-query.ts';
import type { BoltPrompt } from '../../domain/bolt/bolt-query.ts';
import type { CheckedSample } from '../../domain/bolt/checked-sample.ts';
import { chooseFollowed } from '../../domain/bolt/choose-followed.ts';
import { nameFates, type SampleSelection } from '../../domain/bolt/name-fates.ts';
import type { FrozenScores, OutcomeScore } from '../../domain/bolt/outcome-score.ts';
import { percentileCut } from '../../domain/bolt/percentile-cut.ts';
import { toSftRow, type SftRow } from '../../domain/bolt/sft-row.ts';
import { tallyYields, type Yield } from '../../domain/bolt/yields.ts';
import type { PromptSet, RunRef } from '../../domain/run.ts';
import { readArtifact, refOf } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';

export interface SelectThoughtsInput {
  readonly run: RunRef;
  readonly shards: number;
}

/** What the first stage has made. */
export interface SelectedThoughts {
  readonly rows: number;
  readonly all: Yield;
  /** Queries that every policy version answers, for the report. */
  readonly followed: PromptSet;
}

/** The barrier behind the scores: one set of them, one cut, one row a query. */
export function createSelectThoughtsActivities(provider: RunServicesProvider) {
  return {
    /**
     * Puts the scores of all shards into one artifact, once: whoever comes later, a retried attempt too, gets that set.
     *
     * @returns its content hash
     */
    async freezeScores({ run, shards }: SelectThoughtsInput): Promise<string> {
      const services = await provider.of(run);
      const { store } = services;
      const name = boltName(run.runName, 'frozen-scores');
      const existing = await store.find(name);
      if (existing !== undefined) return existing.contentHash;
      const names = await shardsOfAttempts(services, run, shards, 'solutions', 'outcome-scores');
      const read = await Promise.all(names.map((shard) => readArtifact<OutcomeScore>(store, shard)));
      const frozen = await store.write({
        name,
        schema: 'outcome-score',
        step: 'freeze-scores',
        parents: read.map(({ ref }) => ref),
        configHash: run.configHash,
        policy: null,
        shards: [read.flatMap(({ rows }) => rows)],
        summary: {},
      });
      return frozen.contentHash;
    },

    /** Cuts the frozen scores at their percentile and keeps the best response of each query. */
    async selectThoughts({ run, shards }: SelectThoughtsInput): Promise<SelectedThoughts> {
      const services = await provider.of(run);
      const { store } = services;
      const existing = await store.find(boltName(run.runName, 'yields'));
      if (existing !== undefined) return existing.summary as unknown as SelectedThoughts;
      const frozen = await readArtifact<OutcomeScore>(store, boltName(run.runName, 'frozen-scores'));
      const checkedNames = await shardsOfAttempts(services, run, shards, 'bootstrap', 'checked');
      const checked = await Promise.all(checkedNames.map((name) => readArtifact<CheckedSample>(store, name)));
      const prompts = await readCurated(services, run, shards);
      const samples = checked.flatMap(({ rows }) => rows);
      const selection = select(services, { setHash: frozen.ref.contentHash, scores: frozen.rows });
      const outcomes = nameFates(samples, selection);
      const rows = toRows(services, prompts, samples, selection);
      const yields = tallyYields(outcomes);
      const parents = [frozen.ref, ...checked.map(({ ref }) => ref)];
      const policy = frozen.manifest.policy;
      const write = (step: Parameters<typeof boltName>[1], content: readonly object[], summary: Manifest['summary']) =>
        store.write({
          name: boltName(run.runName, step),
          schema: step,
          step: 'select-thoughts',
          parents,
          configHash: run.configHash,
          policy,
          shards: [content],
          summary,
        });
      await write('cut', selection.cut === null ? [] : [selection.cut], {});
      await write('outcomes', outcomes, {});
      await write('sft-rows', rows, {});
      const followed = await recordFollowed(services, run, prompts, rows);
      const selected: SelectedThoughts = { rows: rows.length, all: yields.all, followed };
      // Written last: it says that the rest is there.
      await write('yields', [yields], JSON.parse(JSON.stringify(selected)) as Manifest['summary']);
      return selected;
    },
  };
}

async function shardsOfAttempts(
  { store, config }: RunServices,
  { runName }: RunRef,
  shards: number,
  stage: 'bootstrap' | 'solutions',
  kind: 'checked' | 'outcome-scores',
): Promise<readonly string[]> {
  const { attempts } = configOfLoop(config, 'bolt').bootstrap;
  const places = Array.from({ length: shards }, (_, shard) =>
    Array.from({ length: attempts }, (_unused, attempt) => ({
      shard,
      name: shardName(stageName(runName, attempt + 1, stage), kind, shard),
    })),
  ).flat();
  // A shard without an open query has no further attempt.
  const found = await Promise.all(
    places.map(async ({ name }) => ((await store.find(name)) === undefined ? [] : [name])),
  );
  return found.flat();
}

async function readCurated(
  { store }: RunServices,
  { runName }: RunRef,
  shards: number,
): Promise<readonly BoltPrompt[]> {
  const prefix = promptSetPrefix(runName, 'curated');
  const read = await Promise.all(
    Array.from({ length: shards }, (_, shard) => readArtifact<BoltPrompt>(store, shardName(prefix, 'prompts', shard))),
  );
  return read.flatMap(({ rows }) => rows);
}

/** Without a single score there is no cut and no row: a yield of nothing, which is reported, and no error. */
function select({ config }: RunServices, frozen: FrozenScores): SampleSelection {
  if (frozen.scores.length === 0) return { scores: [], cut: null, best: [] };
  const cut = percentileCut(frozen, configOfLoop(config, 'bolt').bootstrap.percentile / 100);
  return { scores: frozen.scores, cut, best: bestPerQuery(frozen, cut).best };
}

function toRows(
  { config }: RunServices,
  prompts: readonly BoltPrompt[],
  samples: readonly CheckedSample[],
  { best }: SampleSelection,
): readonly SftRow[] {
  const { delimiters } = configOfLoop(config, 'bolt').sft;
  const promptOf = new Map(prompts.map((prompt) => [prompt.promptId, prompt]));
  const sampleOf = new Map(samples.map((sample) => [JSON.stringify([sample.promptId, sample.sampleIndex]), sample]));
  return best.map((score) =>
    toSftRow(
      promptOf.get(score.promptId) as BoltPrompt,
      sampleOf.get(JSON.stringify([score.promptId, score.sampleIndex])) as CheckedSample,
      score,
      delimiters,
    ),
  );
}

async function recordFollowed(
  { store }: RunServices,
  run: RunRef,
  prompts: readonly BoltPrompt[],
  rows: readonly SftRow[],
): Promise<PromptSet> {
  const followed = chooseFollowed(prompts, rows);
  if (followed.length === 0) return { shards: 0, rows: 0 };
  const manifest = await store.find(boltName(run.runName, 'sft-rows'));
  await store.write({
    name: shardName(promptSetPrefix(run.runName, 'followed'), 'prompts', 0),
    schema: 'bolt-query',
    step: 'select-thoughts',
    parents: manifest === undefined ? [] : [refOf(manifest)],
    configHash: run.configHash,
    policy: null,
    shards: [followed],
    summary: {},
  });
  return { shards: 1, rows: followed.length };
}
