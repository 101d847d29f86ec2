import type { ArtifactRef } from '../../domain/artifact.ts';
import { checklistShardName, promptShardName, type StageShard } from '../../domain/artifact-names.ts';
import type { Checklist } from '../../domain/checklist.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { JudgeRole } from '../../domain/run.ts';
import { readArtifact } from './read-artifact.ts';
import type { RunServices } from '../run-services.ts';

/**
 * The prompts of a shard, each with the checklist that is in force: for the judge the one that was written for it (empty
 * when none could be written) or the given one; for the gold judge the given one, where there is one, so that an answer
 * is not measured by the very questions that steered it.
 */
export async function readPrompts(
  { store, config }: RunServices,
  place: StageShard,
  role: JudgeRole = 'judge',
): Promise<{ readonly parents: readonly ArtifactRef[]; readonly rows: readonly PromptRow[] }> {
  const prompts = await readArtifact<PromptRow>(store, promptShardName(place));
  if (config.loop === 'online-dpo' || config.loop === 'bolt') return { parents: [prompts.ref], rows: prompts.rows };
  // What measures, and the baseline that knows no checklist, keep the first one: turns have to be comparable.
  const isSteering = role === 'judge' && place.stage === 'refine';
  const regenerated = isSteering && config.loop === 'refine' && config.refine.checklist === 'regenerated';
  const written = await readArtifact<{ readonly promptId: string; readonly checklist: Checklist }>(
    store,
    checklistShardName(place, regenerated),
  );
  const checklists = new Map(written.rows.map(({ promptId, checklist }) => [promptId, checklist]));
  return {
    parents: [prompts.ref, written.ref],
    rows: prompts.rows.map((row) =>
      role === 'gold' && row.checklist.length > 0 ? row : { ...row, checklist: checklists.get(row.promptId) ?? [] },
    ),
  };
}
