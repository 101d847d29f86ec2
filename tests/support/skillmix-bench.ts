import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBuildInventoryActivities } from '../../activities/skillmix/build-inventory.ts';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { createGenerateSkillmixActivities } from '../../activities/skillmix/generate-skillmix.ts';
import { createOpenRunActivities } from '../../activities/runs/open-run.ts';
import { createPlanSkillmixActivities } from '../../activities/skillmix/plan-skillmix.ts';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import type { ActivityProgress } from '../../domain/activity-progress.ts';
import type { PairResult } from '../../domain/skillmix/result.ts';
import { inActivity } from './activity-bench.ts';
import { startScriptedModelServer, type ScriptedReply } from './scripted-model-server.ts';
import {
  makeSkillmixConfig,
  makeSkills,
  teachWell,
  turnOf,
  writeInventoryFiles,
  type AskedTurn,
} from './skillmix-world.ts';

interface ChatBody {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly seed: number;
}

type Changes = Parameters<typeof makeSkillmixConfig>[2];

/** A reply to one call. */
export const say = (content: string, finish_reason = 'stop'): Exclude<ScriptedReply, string> => ({
  body: {
    choices: [{ index: 0, message: { content }, finish_reason }],
    usage: { prompt_tokens: 10, completion_tokens: 5 },
  },
});

/** The vector of a text. */
export const embedding = (vector: readonly number[]): ScriptedReply => ({
  body: { data: [{ index: 0, embedding: vector }], usage: { prompt_tokens: 3 } },
});

/** The real activities of Instruct-SkillMix over a local store and a scripted teacher that knows its trade. */
export async function startSkillmixBench() {
  const folder = await mkdtemp(join(tmpdir(), 'tickloop-skillmix-'));
  const files = await writeInventoryFiles(folder, makeSkills(6));
  const asked = new Map<AskedTurn, number>();
  const server = await startScriptedModelServer({
    intercept: ({ path, body }) => {
      if (path === '/v1/models') {
        const model = { id: 'scripted', root: null, parent: null, max_model_len: bench.contextTokens };
        return { body: { object: 'list', data: [model, { ...model, id: 'embedder' }] } };
      }
      if (path === '/v1/embeddings') return bench.embed((body as { input: string }).input);
      if (path !== '/v1/chat/completions') return undefined;
      const prompt = (body as ChatBody).messages.map(({ content }) => content).join('\n');
      const turn = turnOf(prompt);
      const times = asked.get(turn) ?? 0;
      asked.set(turn, times + 1);
      const said = bench.instead(turn, times, prompt);
      return typeof said === 'string' ? say(said) : said;
    },
    deterministic: { model: 'scripted', answer: teachWell, maxModelLen: 100_000 },
  });
  const provider = createRunServicesProvider({});
  const activities = withTranslatedErrors({
    ...createOpenRunActivities(provider),
    ...createBuildInventoryActivities(provider),
    ...createPlanSkillmixActivities(provider),
    ...createGenerateSkillmixActivities(provider),
  });
  const bench = {
    folder,
    files,
    server,
    /** Context length that the server tells. */
    contextTokens: 4000,
    /** Names of runs share the store. */
    runName: 'test',
    /** What the teacher says instead of the right thing, by turn, how often that turn was asked for before, and prompt. */
    instead: (_turn: AskedTurn, _times: number, _prompt: string): string | Exclude<ScriptedReply, string> | undefined =>
      undefined,
    /** What making inventories has told of itself. */
    beats: [] as ActivityProgress[],
    /** What the embedding model says to a text. */
    embed: (text: string): ScriptedReply => embedding([text.length, 1]),
    store: createLocalArtifactStore({ root: join(folder, 'store') }),
    run: () => ({ runName: bench.runName, storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) }),
    bodies: () =>
      server.requests.filter(({ path }) => path === '/v1/chat/completions').map(({ body }) => body as ChatBody),
    embedded: () =>
      server.requests
        .filter(({ path }) => path === '/v1/embeddings')
        .map(({ body }) => (body as { readonly input: string }).input),
    /** Opens a run of one row, and makes its inventory. */
    async open(changes: Changes = {}) {
      const config = makeSkillmixConfig(server.baseUrl, files, { numRows: 1, ...changes });
      await inActivity(() => activities.openRun({ run: bench.run(), config }));
      return inActivity(
        () => activities.buildInventory({ run: bench.run() }),
        (details) => bench.beats.push(details as ActivityProgress),
      );
    },
    plan: () => inActivity(() => activities.planSkillmixWave({ run: bench.run(), wave: 0, firstBatch: 0 })),
    generate: () => inActivity(() => activities.generateSkillmix({ run: bench.run(), batch: 0 })),
    results: async () =>
      (await readArtifact<PairResult>(bench.store, `${bench.runName}/skillmix/results/shard-000`)).rows,
    /** The only pair of a run of one row. */
    async makeOne(changes: Changes = {}): Promise<PairResult> {
      await bench.open(changes);
      await bench.plan();
      await bench.generate();
      const [only] = await bench.results();
      if (only === undefined) throw new Error('no pair was made');
      return only;
    },
    async close() {
      await provider.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

export type SkillmixBench = Awaited<ReturnType<typeof startSkillmixBench>>;
