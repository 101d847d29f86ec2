import type { MagpieConfig } from '../../../configs/schema/magpie.ts';
import { rulesOf } from '../../../configs/schema/synthesis-filters.ts';
import { datasetName, magpieFramesName, type SynthesisStage } from '../../../domain/artifact-names.ts';
import { bootstrapShare } from '../../../domain/bootstrap.ts';
import { magpieNotices } from '../../../domain/report/magpie/notices.ts';
import type { MagpieReport } from '../../../domain/report/magpie/magpie-report.ts';
import type { ReportCalls } from '../../../domain/report/report-base.ts';
import type { OpenedMagpie } from '../../magpie/open-magpie.ts';
import { readArtifact } from '../../artifacts/read-artifact.ts';
import type { RunServices } from '../../run-services.ts';
import type { StageSummary } from '../../synthesis/sums.ts';
import { readLoopCalls, synthesisCallPlaces } from './loop-calls.ts';
import { readMagpieBatches } from './magpie-batches.ts';
import { createQualitySums, SUMMED_STAGES } from './magpie-quality.ts';
import type { ReportFrame } from './report-frame.ts';

/** What the store holds of a run of Magpie, as far as its batches came. */
export async function readMagpieReport(
  services: RunServices,
  config: MagpieConfig,
  { base, names, bootstrap }: ReportFrame,
): Promise<MagpieReport> {
  const { runName } = base;
  const findings = await readMagpieBatches(services.store, runName, names);
  const calls = await readLoopCalls(services, runName, names, synthesisCallPlaces(runName));
  const replyCalls = calls.find(({ stage }) => stage === 'synthesis/answered');
  const sums = createQualitySums();
  for (const stage of SUMMED_STAGES) {
    await readSummaries(services, runName, names, stage, (summary) => sums.add(stage, summary));
  }
  const { quality, replies, cutReplies, loopedReplies, replyTokens, sanitised } = sums.result();
  const { all, funnel } = findings;
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
    ...findings,
    voiced: all.ended === 0 ? null : bootstrapShare(all.voiced, all.ended, bootstrap.confidence),
    replies,
    cutReplies,
    loopedReplies,
    completionTokens: sumOrNull(calls),
    replyTokens: replyCalls === undefined || replyCalls.completionTokens === null ? null : replyTokens,
    quality,
    notices: magpieNotices(quality, funnel, hasRewardRule),
    sanitised,
    calls,
  };
}

async function readPreQuery({ store }: RunServices, runName: string, names: readonly string[]): Promise<string | null> {
  if (!names.includes(magpieFramesName(runName))) return null;
  const [opened] = (await readArtifact<OpenedMagpie>(store, magpieFramesName(runName))).rows;
  const preQueries = new Set(opened?.steered.map(({ frame }) => frame.preQuery));
  return preQueries.size === 1 ? ([...preQueries][0] ?? null) : null;
}

/** Gives what every finished batch's manifest says of a stage to `take`, in order, and holds none. */
async function readSummaries(
  { store }: RunServices,
  runName: string,
  names: readonly string[],
  stage: SynthesisStage | 'preferences',
  take: (summary: StageSummary) => void,
): Promise<void> {
  for (const name of names) {
    if (name.startsWith(`${runName}/synthesis/${stage}/`)) take((await store.find(name))?.summary ?? {});
  }
}

function sumOrNull(calls: readonly ReportCalls[]): number | null {
  if (calls.length === 0 || calls.some(({ completionTokens }) => completionTokens === null)) return null;
  return calls.reduce((sum, { completionTokens }) => sum + (completionTokens ?? 0), 0);
}
