import type { MagpieConfig } from '../../../configs/schema/magpie.ts';
import { rulesOf } from '../../../configs/schema/synthesis-filters.ts';
import {
  datasetName,
  magpieFramesName,
  synthesisShardName,
  type SynthesisStage,
} from '../../../domain/artifact-names.ts';
import { bootstrapMean, type BootstrapOptions } from '../../../domain/bootstrap.ts';
import { magpieNotices } from '../../../domain/report/magpie/notices.ts';
import type { MagpieReport } from '../../../domain/report/magpie/magpie-report.ts';
import type { ReportCalls } from '../../../domain/report/report-base.ts';
import { spreadEvenly } from '../../../domain/report/spread-evenly.ts';
import { describeDraw } from '../../../domain/synthesis/describe-draw.ts';
import { queryOf, repliesOf } from '../../../domain/synthesis/row-texts.ts';
import type { SynthesisRow } from '../../../domain/synthesis/synthesis-row.ts';
import {
  emptyGroup,
  spreadOf,
  SYNTHESIS_STAGES,
  tallyGroups,
  tallyStages,
  type BatchStages,
  type DrawnGroup,
} from '../../../domain/synthesis/tally-synthesis.ts';
import { countCodePoints } from '../../../domain/wildbench/code-points.ts';
import type { OpenedMagpie } from '../../magpie/open-magpie.ts';
import { readArtifact } from '../../artifacts/read-artifact.ts';
import type { RunServices } from '../../run-services.ts';
import { sumField, type StageSummary } from '../../synthesis/sums.ts';
import { readLoopCalls, synthesisCallPlaces } from './loop-calls.ts';
import { sumQuality, sumRecords } from './magpie-quality.ts';
import { SAMPLE_COUNT } from './loop-rows.ts';
import type { ReportFrame } from './report-frame.ts';

/** What the store holds of a run of Magpie, as far as its batches came. */
export async function readMagpieReport(
  services: RunServices,
  config: MagpieConfig,
  { base, names, bootstrap }: ReportFrame,
): Promise<MagpieReport> {
  const { runName } = base;
  const batches = await readBatches(services, runName, names);
  const rows = batches.flatMap((batch) => lastRows(batch));
  const kept = batches.flatMap(({ kept = [] }) => kept.filter(({ dropped }) => dropped === undefined));
  const calls = await readLoopCalls(services, runName, names, synthesisCallPlaces(runName));
  const [all] = tallyGroups(batches, () => 'all');
  const total = all ?? emptyGroup('all');
  const replyCalls = calls.find(({ stage }) => stage === 'synthesis/answered');
  const summariesOf = (stage: SynthesisStage | 'preferences') => readSummaries(services, runName, names, stage);
  const answered = await summariesOf('answered');
  const quality = sumQuality({
    tagged: await summariesOf('tagged'),
    compared: await summariesOf('compared'),
    scored: await summariesOf('scored'),
    preferences: await summariesOf('preferences'),
  });
  const funnel = tallyStages(batches);
  const hasRewardRule = rulesOf(config.quality.filters).some(({ kind }) => kind === 'reward');
  return {
    ...base,
    loop: 'magpie',
    queryModel: config.policy.model,
    replyModel: config.replies.by === 'self' ? config.policy.model : config.replies.by.model,
    withSteering: Object.keys(config.steering).length > 0 && config.replies.withSteering,
    preQuery: await readPreQuery(services, runName, names),
    numRows: config.numRows,
    rows: (await services.store.find(datasetName(runName)))?.rows ?? null,
    batches: batches.length,
    funnel,
    all: total,
    cells: tallyGroups(batches, ({ origin }) => describeDraw(origin)),
    steerings: tallyGroups(batches, ({ origin }) => (origin.method === 'magpie' && origin.steeredBy) || 'not steered'),
    voiced: voicedShare(total, bootstrap),
    replies: sumField(answered, 'replies'),
    cutReplies: sumField(answered, 'cutReplies'),
    loopedReplies: sumField(answered, 'loopedReplies'),
    queryChars: spreadOf(kept.map((row) => countCodePoints(queryOf(row)))),
    replyChars: spreadOf(kept.map((row) => countCodePoints(repliesOf(row).join('')))),
    completionTokens: sumOrNull(calls),
    replyTokens:
      replyCalls === undefined || replyCalls.completionTokens === null ? null : sumField(answered, 'replyTokens'),
    quality,
    notices: magpieNotices(quality, funnel, hasRewardRule),
    sanitised: sumRecords(await summariesOf('screened'), 'sanitised'),
    calls,
    samples: spreadEvenly(kept, SAMPLE_COUNT),
    droppedSamples: oneOfEachReason(rows),
  };
}

async function readBatches(
  { store }: RunServices,
  runName: string,
  names: readonly string[],
): Promise<readonly BatchStages[]> {
  const existing = new Set(names);
  const batches: BatchStages[] = [];
  // A batch that failed or was stopped leaves a gap: those after it are part of the report.
  for (let batch = 0; batch < countBegun(runName, names); batch += 1) {
    if (!existing.has(synthesisShardName(runName, 'queries', batch))) continue;
    const stages: Partial<Record<SynthesisStage, readonly SynthesisRow[]>> = {};
    for (const stage of SYNTHESIS_STAGES) {
      const name = synthesisShardName(runName, stage, batch);
      if (existing.has(name)) stages[stage] = (await readArtifact<SynthesisRow>(store, name)).rows;
    }
    batches.push(stages);
  }
  return batches;
}

/** One more than the last batch that has left queries. */
function countBegun(runName: string, names: readonly string[]): number {
  const prefix = `${runName}/synthesis/queries/shard-`;
  return names.reduce(
    (most, name) => (name.startsWith(prefix) ? Math.max(most, Number(name.slice(prefix.length)) + 1) : most),
    0,
  );
}

/** The rows of a batch after the last stage that it came through. */
function lastRows(batch: BatchStages): readonly SynthesisRow[] {
  return SYNTHESIS_STAGES.map((stage) => batch[stage]).findLast((rows) => rows !== undefined) ?? [];
}

async function readPreQuery({ store }: RunServices, runName: string, names: readonly string[]): Promise<string | null> {
  if (!names.includes(magpieFramesName(runName))) return null;
  const [opened] = (await readArtifact<OpenedMagpie>(store, magpieFramesName(runName))).rows;
  const preQueries = new Set(opened?.steered.map(({ frame }) => frame.preQuery));
  return preQueries.size === 1 ? ([...preQueries][0] ?? null) : null;
}

/** What every finished batch's manifest says of a stage, in order. */
async function readSummaries(
  { store }: RunServices,
  runName: string,
  names: readonly string[],
  stage: SynthesisStage | 'preferences',
): Promise<readonly StageSummary[]> {
  const summaries: StageSummary[] = [];
  for (const name of names.filter((one) => one.startsWith(`${runName}/synthesis/${stage}/`))) {
    summaries.push((await store.find(name))?.summary ?? {});
  }
  return summaries;
}

function voicedShare({ ended, voiced }: DrawnGroup, options: BootstrapOptions) {
  if (ended === 0) return null;
  return bootstrapMean(
    Array.from({ length: ended }, (_, index) => (index < voiced ? 1 : 0)),
    options,
  );
}

function oneOfEachReason(rows: readonly SynthesisRow[]): readonly SynthesisRow[] {
  const found = new Map<string, SynthesisRow>();
  for (const row of rows) {
    if (row.dropped === undefined) continue;
    const key = JSON.stringify([row.dropped.by, row.dropped.reason]);
    if (!found.has(key)) found.set(key, row);
  }
  return [...found.values()];
}

function sumOrNull(calls: readonly ReportCalls[]): number | null {
  if (calls.length === 0 || calls.some(({ completionTokens }) => completionTokens === null)) return null;
  return calls.reduce((sum, { completionTokens }) => sum + (completionTokens ?? 0), 0);
}
