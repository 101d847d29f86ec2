import { hashJson } from '../../clients/content-hash.ts';
import type { SamplingParameters } from '../../clients/model-server.ts';
import type { MagpieConfig } from '../../configs/schema/magpie.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { magpieFramesName, synthesisShardName } from '../../domain/artifact-names.ts';
import { promptForQuery } from '../../domain/synthesis/chat-frame.ts';
import { planQueryCalls, type QueryCall } from '../../domain/synthesis/query-plan.ts';
import { resolveQueryStyle, type SamplingCell } from '../../domain/synthesis/query-presets.ts';
import { screenEnd } from '../../domain/synthesis/screen-query.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { drawQueries, type DrawnQuery, type PromptedQuery } from './draw-queries.ts';
import type { OpenedMagpie, SteeredFrame } from './open-magpie.ts';
import { isRefused, type RefusedCall } from '../calls/paid-calls.ts';
import { samplingParameters, type CallUsage } from '../calls/policy-calls.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { findBatch, writeBatch } from './batches.ts';
import type { BatchTask } from '../synthesis/batch.ts';

/** What drawing a batch came to. */
export interface SampledQueries extends CallUsage {
  readonly queries: number;
  readonly empty: number;
  /** Ran on to the length limit. */
  readonly cut: number;
  /** Ended by the server because they looped; absent of what was drawn before that could be asked for. */
  readonly looped?: number;
  /** Queries of calls that the server refused. */
  readonly failed: number;
}

type Call = QueryCall<SamplingCell, SteeredFrame>;

/** Has the model write what users would say, after nothing but what its chat template puts before their words. */
export function createSampleQueriesActivities(provider: RunServicesProvider) {
  return {
    async sampleQueries(task: BatchTask): Promise<SampledQueries> {
      const services = await provider.of(task.run);
      const existing = await findBatch(services, task, 'queries');
      if (existing !== undefined) return existing.summary as unknown as SampledQueries;
      const config = configOfLoop(services.config, 'magpie');
      const frames = await readFrames(services, task);
      const calls = planCalls(config, frames.opened, task.batch);
      const scope = synthesisShardName(task.run.runName, 'queries', task.batch);
      const { answers, usage } = await drawQueries(
        services,
        scope,
        calls.map((call) => toPrompt(config, frames.opened, call)),
      );
      const rows = calls.flatMap((call, index) => toRows(config, call, answers[index] ?? []));
      const summary: SampledQueries = { ...usage, ...countRows(rows) };
      await writeBatch(services, task, 'queries', {
        step: 'sample-queries',
        parents: [frames.ref],
        policy: config.policy.model,
        rows,
        summary: { ...summary },
      });
      return summary;
    },
  };
}

/** The frames that the run was opened with. */
export async function readFrames({ store }: RunServices, { run }: BatchTask) {
  const { ref, rows } = await readArtifact<OpenedMagpie>(store, magpieFramesName(run.runName));
  const [opened] = rows;
  if (opened === undefined) throw new Error('The artifact of the frames is empty.');
  return { ref, opened };
}

/** The fields of a request for a query that is drawn as a cell of the mix says. */
export function querySampling(
  { queries }: MagpieConfig,
  { temperature, topP, minP }: Pick<SamplingCell, 'temperature' | 'topP' | 'minP'>,
): SamplingParameters {
  return samplingParameters({ ...queries, temperature, topP, minP });
}

function planCalls({ seed, queries }: MagpieConfig, { steered }: OpenedMagpie, batch: number): readonly Call[] {
  const { callsPerBatch, samplesPerCall } = queries;
  const cells = resolveQueryStyle(queries).cells.map((cell) => [cell, cell.share] as const);
  const steerings = steered.map((one) => [one, one.weight] as const);
  return planQueryCalls({ seed, cells, steerings, callsPerBatch, samplesPerCall }, batch);
}

function toPrompt(config: MagpieConfig, { stop }: OpenedMagpie, { cell, steering, seed, n }: Call): PromptedQuery {
  return { prompt: promptForQuery(steering.frame, []), sampling: querySampling(config, cell), stop, seed, n };
}

function toRows(
  config: MagpieConfig,
  { cell, steering, seed, n }: Call,
  answer: readonly DrawnQuery[] | RefusedCall,
): readonly SynthesisRow[] {
  const { model } = config.policy;
  const { preQuery } = steering.frame;
  const { temperature, topP, minP } = cell;
  const sampling = { ...querySampling(config, cell) };
  return Array.from({ length: n }, (_, index): SynthesisRow => {
    const drawn = isRefused(answer) ? undefined : answer[index];
    const ended = drawn === undefined ? 'failed' : screenEnd(drawn.finishReason);
    return {
      rowId: hashJson({ model, preQuery, sampling, seed: seed + index }).slice(0, 32),
      messages: [{ role: 'user', content: drawn?.text ?? '' }],
      origin: {
        method: 'magpie',
        preQuery,
        queryModel: model,
        temperature,
        topP,
        ...(minP === 0 ? {} : { minP }),
        seed: seed + index,
        ...(steering.key === null ? {} : { steeredBy: steering.key }),
      },
      ...(ended === undefined ? {} : { dropped: { by: 'queries', reason: ended } }),
    };
  });
}

function countRows(rows: readonly SynthesisRow[]): Omit<SampledQueries, keyof CallUsage> {
  const count = (matches: (row: SynthesisRow) => boolean): number => rows.filter(matches).length;
  return {
    queries: rows.length,
    empty: count(({ messages, dropped }) => dropped === undefined && messages[0]?.content.trim() === ''),
    cut: count(({ dropped }) => dropped?.reason === 'length'),
    looped: count(({ dropped }) => dropped?.reason === 'loops'),
    failed: count(({ dropped }) => dropped?.reason === 'failed'),
  };
}
