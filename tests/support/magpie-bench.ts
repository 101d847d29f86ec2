import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAnswerQueriesActivities } from '../../activities/magpie/answer-queries.ts';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { createOpenRunActivities } from '../../activities/runs/open-run.ts';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { createSampleQueriesActivities } from '../../activities/magpie/sample-queries.ts';
import { createScreenQueriesActivities } from '../../activities/magpie/screen-queries.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { synthesisShardName, type SynthesisStage } from '../../domain/artifact-names.ts';
import type { RunRef } from '../../domain/run.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { inActivity } from './activity-bench.ts';
import { MAGPIE_MODEL, makeMagpieConfig, passOnScreened, tokenizeByTemplate, writeCheckpoint } from './magpie-world.ts';
import { startScriptedModelServer } from './scripted-model-server.ts';

/** What Magpie sends, to `/v1/completions` and to `/v1/chat/completions`. */
export interface SentBody {
  readonly prompt: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly seed: number;
  readonly n: number;
  readonly temperature: number;
  readonly min_p: number;
}

type Changes = Parameters<typeof makeMagpieConfig>[2];

/** The real activities of Magpie over a local store and a scripted model that writes queries and replies. */
export async function startMagpieBench() {
  const folder = await mkdtemp(join(tmpdir(), 'tickloop-magpie-'));
  const modelPath = await writeCheckpoint(folder);
  const server = await startScriptedModelServer({
    intercept: (request) => bench.intercept(request),
    deterministic: { ...MAGPIE_MODEL, answer: (prompt, seed) => bench.writes(prompt, seed) },
  });
  const run: RunRef = { runName: 'test', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
  const store = createLocalArtifactStore({ root: run.storeRoot });
  let provider = createRunServicesProvider({});
  const activities = () =>
    withTranslatedErrors({
      ...createOpenRunActivities(provider),
      ...createSampleQueriesActivities(provider),
      ...createScreenQueriesActivities(provider),
      ...createAnswerQueriesActivities(provider),
    });
  const bench = {
    folder,
    modelPath,
    server,
    run,
    store,
    activities,
    /** What the model writes after a prompt. */
    writes: (prompt: string, seed: number): string => MAGPIE_MODEL.answer(prompt, seed, 'scripted'),
    /** What is answered instead of that. */
    intercept: await tokenizeByTemplate(),
    open: (changes: Changes = {}) =>
      inActivity(() => activities().openRun({ run, config: makeMagpieConfig(server.baseUrl, modelPath, changes) })),
    sample: (batch: number) => inActivity(() => activities().sampleQueries({ run, batch })),
    screen: (batch: number) => inActivity(() => activities().screenQueries({ run, batch })),
    answer: (batch: number) => inActivity(() => activities().answerQueries({ run, batch })),
    /** Brings a batch to where its queries are answered, every one as it was screened. */
    async reachAnswers(batch: number): Promise<void> {
      await bench.sample(batch);
      await bench.screen(batch);
      await passOnScreened(store, run, batch);
    },
    /** Goes on with a worker that has seen nothing yet. */
    async restartWorker(): Promise<void> {
      await provider.close();
      provider = createRunServicesProvider({});
    },
    bodiesTo: (path: string) =>
      server.requests.filter((request) => request.path === path).map(({ body }) => body as SentBody),
    async rowsOf(stage: SynthesisStage, batch: number): Promise<readonly SynthesisRow[]> {
      const manifest = await store.find(synthesisShardName('test', stage, batch));
      return manifest === undefined ? [] : store.read<SynthesisRow>(manifest);
    },
    async close(): Promise<void> {
      await provider.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

export type MagpieBench = Awaited<ReturnType<typeof startMagpieBench>>;
