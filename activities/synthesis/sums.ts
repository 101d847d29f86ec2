import type { ArtifactStore } from '../../clients/artifact-store.ts';
import { synthesisPreferencesName, synthesisShardName, type SynthesisStage } from '../../domain/artifact-names.ts';
import type { Manifest } from '../../domain/artifact.ts';
import type { SynthesisTokens } from '../../domain/synthesis/dataset-summary.ts';
import { SYNTHESIS_STAGES } from '../../domain/synthesis/tally-synthesis.ts';

/** What a stage wrote of a batch beside its rows. */
export type StageSummary = Manifest['summary'];

/** Name of what a stage, or the drawing of pairs, made of a batch. */
export function batchName(runName: string, stage: SynthesisStage | 'preferences', batch: number): string {
  return stage === 'preferences' ? synthesisPreferencesName(runName, batch) : synthesisShardName(runName, stage, batch);
}

/** Sums a number of summaries; one that is not there is 0. */
export function sumField(summaries: readonly StageSummary[], field: string): number {
  return summaries.reduce((sum, summary) => sum + Number(summary[field] ?? 0), 0);
}

/**
 * Tokens of the calls behind the first batches of a run, by the manifests of their stages; `null` where no manifest counts
 * any. Batches that were finished beside them are no part of it: how many there are is a matter of speed.
 */
export async function sumBatchTokens(
  store: ArtifactStore,
  runName: string,
  batches: number,
): Promise<SynthesisTokens | null> {
  const sum = { prompt: 0, completion: 0 };
  let counted = false;
  for (let batch = 0; batch < batches; batch += 1) {
    for (const stage of [...SYNTHESIS_STAGES, 'preferences'] as const) {
      const summary = (await store.find(batchName(runName, stage, batch)))?.summary;
      if (summary?.['calls'] === undefined) continue;
      counted = true;
      sum.prompt += sumField([summary], 'promptTokens');
      sum.completion += sumField([summary], 'completionTokens');
    }
  }
  return counted ? sum : null;
}
