import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { z } from 'zod';
import { seatSynthesis } from '../../activities/synthesis/seats.ts';
import type { SynthesisServices, SynthesisServicesProvider } from '../../activities/synthesis/services.ts';
import { createEmbedder } from '../../clients/embedder.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { createLocalLedgerStore } from '../../clients/local-call-ledger.ts';
import { createOpenAiJudge } from '../../clients/openai-judge.ts';
import { createQuickJsSandbox } from '../../clients/quickjs-sandbox.ts';
import { createRewardModel } from '../../clients/reward-model.ts';
import { createVllmServer } from '../../clients/vllm-server.ts';
import { policyConfig, type EndpointConfig } from '../../configs/schema/endpoint.ts';
import { synthesisQuality } from '../../configs/schema/synthesis-quality.ts';
import { synthesisShardName, type SynthesisStage } from '../../domain/artifact-names.ts';
import type { RunRef } from '../../domain/run.ts';
import type { SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { startScriptedModelServer, type RecordedRequest, type ScriptedReply } from './scripted-model-server.ts';

export type QualityChanges = z.input<typeof synthesisQuality>;

/** A server, a store in a temporary folder, and services over both that are made of a config, as a worker makes them. */
export async function startSynthesisWorld(reply: (request: RecordedRequest) => ScriptedReply) {
  const folder = await mkdtemp(join(tmpdir(), 'tickloop-synthesis-'));
  const server = await startScriptedModelServer({ intercept: reply });
  const run: RunRef = { runName: 'test', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
  const endpoint = { baseUrl: server.baseUrl, model: 'base', callsInFlight: 2 };
  const store = createLocalArtifactStore({ root: run.storeRoot });
  const open: { close(): Promise<void> }[] = [];
  const keep = <Model extends { close(): Promise<void> }>(model: Model): Model => {
    open.push(model);
    return model;
  };
  const timed = ({ baseUrl, timeoutMs }: EndpointConfig) => ({ baseUrl, timeoutMs });

  const servicesOf = (changes: QualityChanges): SynthesisServices => {
    const quality = synthesisQuality.parse(changes);
    const seats = seatSynthesis(policyConfig.parse(endpoint), quality, {
      policyEndpoint: (config) => ({ server: keep(createVllmServer(timed(config))), lane: pLimit(1) }),
      chatEndpoint: (config) => ({
        model: createOpenAiJudge({ ...timed(config), model: config.model }),
        lane: pLimit(1),
      }),
      rewardEndpoint: (config) => ({
        model: keep(createRewardModel({ ...timed(config), model: config.model, path: config.path })),
        name: config.model,
        lane: pLimit(1),
      }),
      embedderEndpoint: (config) => ({
        model: keep(createEmbedder({ ...timed(config), model: config.model, api: config.api })),
        name: config.model,
        lane: pLimit(1),
      }),
    });
    const ledgers = createLocalLedgerStore({ root: run.storeRoot });
    return { store, ledgers, sandbox: keep(createQuickJsSandbox()), seed: 7, quality, seats };
  };

  return {
    run,
    server,
    store,
    endpoint,
    /** A provider over services of a config; each is a worker that has just been started. */
    provide: (changes: QualityChanges): SynthesisServicesProvider => {
      const services = servicesOf(changes);
      return { of: () => Promise.resolve(services) };
    },
    write: (stage: SynthesisStage, batch: number, rows: readonly SynthesisRow[]) =>
      store.write({
        name: synthesisShardName(run.runName, stage, batch),
        schema: 'synthesis-row',
        step: 'test',
        parents: [],
        configHash: run.configHash,
        policy: null,
        shards: [rows],
        summary: {},
      }),
    read: async (stage: SynthesisStage, batch: number): Promise<readonly SynthesisRow[]> => {
      const manifest = await store.find(synthesisShardName(run.runName, stage, batch));
      if (manifest === undefined) throw new Error(`no ${stage} ${batch}`);
      return store.read<SynthesisRow>(manifest);
    },
    close: async () => {
      for (const one of open) await one.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type SynthesisWorld = Awaited<ReturnType<typeof startSynthesisWorld>>;
