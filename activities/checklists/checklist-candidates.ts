import type { ArtifactRef } from '../../domain/artifact.ts';
import { promptSetOf, promptSetPrefix, shardName } from '../../domain/artifact-names.ts';
import { stageSampling } from '../../configs/stage-sampling.ts';
import { policyStamp } from '../../domain/policy-version.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { callSeed } from '../../domain/random.ts';
import type { Rollout } from '../../domain/rollout.ts';
import type { ShardTask } from '../../domain/run.ts';
import { drawRollouts, samplingParameters, type CallUsage, type PolicyCall } from '../calls/policy-calls.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices } from '../run-services.ts';

/** Answers that a writer of checklists is shown; they are used for nothing else. */
export interface ChecklistCandidates {
  readonly ref: ArtifactRef;
  readonly usage: CallUsage;
  /** The different answers to a prompt that were not empty. */
  readonly textsOf: (promptId: string) => readonly string[];
}

/** Characters of one candidate that the writer is shown: it has to see several, and the checklist is about the instruction. */
const LONGEST_CANDIDATE = 3000;

/**
 * Draws answers of the policy to every prompt of a shard, once.
 *
 * @source RLCF (arXiv 2507.18624) §3, which samples one answer from each of four sizes of a model; here the variety is the
 *   policy's own at temperature 1
 */
export async function drawChecklistCandidates(
  services: RunServices,
  task: ShardTask,
  prompts: { readonly ref: ArtifactRef; readonly rows: readonly PromptRow[] },
  count: number,
): Promise<ChecklistCandidates> {
  const { store, config } = services;
  const name = shardName(
    promptSetPrefix(task.run.runName, promptSetOf(task.stage)),
    'checklist-candidates',
    task.shard,
  );
  if ((await store.find(name)) === undefined) {
    const sampling = { ...samplingParameters(stageSampling(config, task.stage)), temperature: 1 };
    const calls = prompts.rows.map(({ promptId, messages }): PolicyCall => {
      const seed = callSeed({ seed: config.seed, stage: 'checklist-candidates', round: 0, promptId, sampleIndex: 0 });
      return { promptId, messages, firstSample: 0, seed, n: count, sampling };
    });
    const { rollouts, usage } = await drawRollouts(services, task, name, calls);
    await store.write({
      name,
      schema: 'rollout',
      step: 'draw-checklist-candidates',
      parents: [prompts.ref],
      configHash: task.run.configHash,
      policy: policyStamp(task.policy),
      shards: [rollouts],
      summary: { ...usage },
    });
  }
  const { ref, rows, manifest } = await readArtifact<Rollout>(store, name);
  return {
    ref,
    usage: manifest.summary as unknown as CallUsage,
    textsOf: (promptId) => {
      const texts = rows.flatMap((row) => (row.promptId === promptId && row.outcome.ok ? [row.outcome.text] : []));
      return [...new Set(texts.filter((text) => text.trim() !== ''))].map((text) => text.slice(0, LONGEST_CANDIDATE));
    },
  };
}
