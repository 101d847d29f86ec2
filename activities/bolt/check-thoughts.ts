import { cancellationSignal } from '@temporalio/activity';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { boltName, promptShardName, shardName, stageName } from '../../domain/artifact-names.ts';
import type { BoltExample } from '../../domain/bolt/bolt-example.ts';
import type { BoltPrompt } from '../../domain/bolt/bolt-query.ts';
import { checkResponse, type CheckedResponse } from '../../domain/bolt/check-thoughts.ts';
import { tallyFormat, type CheckedSample, type FormatTally } from '../../domain/bolt/checked-sample.ts';
import { BOOTSTRAP_HEADINGS, exampleText } from '../../domain/bolt/show-examples.ts';
import { joinThoughts, parseThoughts, type ThoughtParts } from '../../domain/bolt/thought-format.ts';
import type { Rollout } from '../../domain/rollout.ts';
import type { ShardTask } from '../../domain/run.ts';
import { shownTo } from './draw-thoughts.ts';
import { withHeartbeats } from '../heartbeats.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';

/** Reads thoughts and solution out of drawn responses, and says of each other one why it has none. */
export function createCheckThoughtsActivities(provider: RunServicesProvider) {
  return {
    /** Leaves a row for every sample, and the solutions of the valid ones as answers by themselves: judges see only those. */
    async checkThoughts(task: ShardTask): Promise<FormatTally> {
      const services = await provider.of(task.run);
      const { store } = services;
      const { runName, configHash } = task.run;
      const stage = stageName(runName, task.round, 'bootstrap');
      const name = shardName(stage, 'checked', task.shard);
      const existing = await store.find(name);
      if (existing !== undefined) return existing.summary as unknown as FormatTally;

      const prompts = await readArtifact<BoltPrompt>(store, promptShardName({ ...task, runName }));
      const drawn = await readArtifact<Rollout>(store, shardName(stage, 'rollouts', task.shard));
      const { rows: library } = await readArtifact<BoltExample>(store, boltName(runName, 'examples'));
      const byId = new Map(prompts.rows.map((row) => [row.promptId, row]));
      const checked = await withHeartbeats(() =>
        Promise.all(
          drawn.rows.map((rollout) =>
            checkRollout(services, task.round, byId.get(rollout.promptId) as BoltPrompt, library, rollout),
          ),
        ),
      );
      const shared = { parents: [prompts.ref, drawn.ref], configHash, policy: drawn.manifest.policy };
      await store.write({
        ...shared,
        name: shardName(stageName(runName, task.round, 'solutions'), 'rollouts', task.shard),
        schema: 'rollout',
        step: 'check-thoughts',
        shards: [drawn.rows.flatMap((rollout, index) => toSolution(rollout, checked[index]))],
        // Their calls are counted where they were drawn.
        summary: { calls: 0, promptTokens: 0, completionTokens: 0 },
      });
      const tally = tallyFormat(checked);
      await store.write({
        ...shared,
        name,
        schema: 'checked-sample',
        step: 'check-thoughts',
        shards: [checked],
        summary: { samples: tally.samples, valid: tally.valid, fates: { ...tally.fates } },
      });
      return tally;
    },
  };
}

async function checkRollout(
  services: RunServices,
  attempt: number,
  { promptId, topic, messages }: BoltPrompt,
  library: readonly BoltExample[],
  { sampleIndex, outcome }: Rollout,
): Promise<CheckedSample> {
  const sample = { promptId, topic, sampleIndex };
  if (!outcome.ok) return { ...sample, code: 'failed', detail: outcome.code, parts: null, tokens: null };
  const { bootstrap, sft } = configOfLoop(services.config, 'bolt');
  const { text, finishReason } = outcome;
  const { parts } = parseThoughts(text, finishReason, bootstrap.format.delimiters);
  const tokens = parts === null ? null : await countTokens(services, parts);
  const shown = shownTo(services, library, { promptId, sampleIndex, attempt });
  const response = {
    text,
    finishReason,
    query: messages[0].content,
    shown: shown.map(exampleText),
    headings: BOOTSTRAP_HEADINGS,
    tokens,
  };
  const found = checkResponse(response, bootstrap.format);
  return { ...sample, ...refuseTrainedMarks(found, sft.delimiters), tokens };
}

/** The marks that are trained on may be others than those that were asked for: a text that holds them is no row. */
function refuseTrainedMarks(
  found: CheckedResponse,
  delimiters: Parameters<typeof parseThoughts>[2],
): Omit<CheckedSample, 'promptId' | 'topic' | 'sampleIndex' | 'tokens'> {
  if (found.code !== 'ok' || found.parts === null) return found;
  const trained = parseThoughts(joinThoughts(found.parts, delimiters), 'stop', delimiters);
  return trained.code === 'ok' ? found : { ...found, code: 'multiple', detail: 'a mark that is trained on' };
}

async function countTokens({ policy: server, config }: RunServices, { thoughts, solution }: ThoughtParts) {
  const count = async (text: string) =>
    (await server.tokenizeText(config.policy.model, text, cancellationSignal())).length;
  return { thoughts: await count(thoughts), solution: await count(solution) };
}

function toSolution(rollout: Rollout, checked: CheckedSample | undefined): readonly Rollout[] {
  if (checked?.code !== 'ok' || checked.parts === null || !rollout.outcome.ok) return [];
  return [{ ...rollout, outcome: { ...rollout.outcome, text: checked.parts.solution } }];
}
