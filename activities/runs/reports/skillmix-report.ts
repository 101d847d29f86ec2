import type { SkillmixConfig } from '../../../configs/schema/skillmix.ts';
import { datasetName, skillmixFolder, skillmixName } from '../../../domain/artifact-names.ts';
import { measurePairs } from '../../../domain/report/skillmix/measure-pairs.ts';
import type { SkillmixReport } from '../../../domain/report/skillmix/skillmix-report.ts';
import { spreadEvenly } from '../../../domain/report/spread-evenly.ts';
import type { InventorySummary } from '../../../domain/skillmix/inventory.ts';
import type { PairResult } from '../../../domain/skillmix/result.ts';
import type { SlotOutcome } from '../../../domain/skillmix/settle-wave.ts';
import type { RunServices } from '../../run-services.ts';
import { readLoopCalls } from './loop-calls.ts';
import { readRowsBelow, SAMPLE_COUNT } from './loop-rows.ts';
import type { ReportFrame } from './report-frame.ts';

/** Pairs that gave no row, among those that are shown. */
const FAILED_SHOWN = 3;

/** Of inventories from before these were counted, which may be taken over still. */
const NOT_COUNTED = { mergedBy: 'letters', notEmbedded: 0, groupRounds: [] };

/** What the store holds of a run of Instruct-SkillMix: the pairs of its finished batches. */
export async function readSkillmixReport(
  services: RunServices,
  config: SkillmixConfig,
  { base, names }: ReportFrame,
): Promise<SkillmixReport> {
  const { store } = services;
  const { runName } = base;
  const folder = skillmixFolder(runName);
  const results = await readRowsBelow<PairResult>(services, names, `${folder}/results`);
  const outcomes = await readRowsBelow<SlotOutcome>(services, names, `${folder}/waves`);
  const inventory = await store.find(skillmixName(runName, 'inventory'));
  const types = await store.find(skillmixName(runName, 'query-types'));
  const { teacher, policy, generation } = config;
  const isPolicy = teacher === 'self';
  const writer = isPolicy ? policy : teacher;
  const judge =
    generation.gate === undefined ? null : generation.gate.judge === 'self' ? policy : generation.gate.judge;
  const isSame = judge !== null && judge.model === writer.model && judge.baseUrl === writer.baseUrl;
  return {
    ...base,
    loop: 'skillmix',
    numRows: config.numRows,
    datasetRows: (await store.find(datasetName(runName)))?.rows ?? null,
    teacher: { model: writer.model, isPolicy },
    judge: judge === null ? null : { model: judge.model, isTeacher: isSame },
    inventory: {
      counts:
        inventory === undefined ? null : { ...NOT_COUNTED, ...(inventory.summary as unknown as InventorySummary) },
      source: config.inventory.source,
      skills: inventory?.rows ?? 0,
      queryTypes: types?.rows ?? 0,
    },
    measures: measurePairs(results, outcomes),
    calls: await readLoopCalls(services, runName, names, [
      { folder, kind: 'asked' },
      { folder, kind: 'vectors' },
      { folder, kind: 'results' },
    ]),
    samples: chooseSamples(results),
  };
}

/** Pairs that are rows, spread over the run, and a few that failed. */
function chooseSamples(results: readonly PairResult[]): readonly PairResult[] {
  const failed = spreadEvenly(
    results.filter(({ end }) => !end.ok),
    FAILED_SHOWN,
  );
  const good = results.filter(({ end }) => end.ok);
  return [...spreadEvenly(good, SAMPLE_COUNT - failed.length), ...failed];
}
