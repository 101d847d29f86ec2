import { createLocalArtifactStore } from '../clients/local-artifact-store.ts';
import { createLocalLedgerStore } from '../clients/local-call-ledger.ts';
import { createOpenAiJudge } from '../clients/openai-judge.ts';
import { createVllmServer } from '../clients/vllm-server.ts';
import type { ArtifactStore } from '../clients/artifact-store.ts';
import type { LedgerStore } from '../clients/call-ledger.ts';
import type { JudgeModel, ModelServer } from '../clients/model-server.ts';
import { runConfig, type RunConfig } from '../configs/schema/run-config.ts';
import { ArtifactError, ConfigError } from '../domain/errors.ts';
import type { RunRef } from '../domain/run.ts';
import pLimit, { type LimitFunction } from 'p-limit';

/** What the activities of one run work with. */
export interface RunServices {
  readonly config: RunConfig;
  readonly store: ArtifactStore;
  readonly ledgers: LedgerStore;
  readonly policy: ModelServer;
  /** Shared by all activities of this worker that call this endpoint: the engine sees one queue. */
  readonly policyLane: LimitFunction;
  readonly judge: JudgeModel | undefined;
  readonly judgeLane: LimitFunction;
}

/** Builds and keeps the services of the runs that a worker serves. */
export interface RunServicesProvider {
  /** From a config in hand, before it is recorded. */
  fromConfig(run: RunRef, config: RunConfig): RunServices;
  /** @throws ArtifactError `artifact/missing` when the run was never opened in this store. */
  of(run: RunRef): Promise<RunServices>;
  close(): Promise<void>;
}

/** Artifact that holds the resolved config of a run. */
export function configArtifactName(run: RunRef): string {
  return `${run.runName}/config/${run.configHash.slice(0, 16)}`;
}

function readKey(env: NodeJS.ProcessEnv, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const key = env[name];
  if (!key) {
    throw new ConfigError(
      'config/unusable',
      `The config names ${name} as the variable with the API key, and the worker's environment has no such variable: set it and start the worker again.`,
    );
  }
  return key;
}

/** @param env where API keys are read from; they go nowhere but into the clients. */
export function createRunServicesProvider(env: NodeJS.ProcessEnv = process.env): RunServicesProvider {
  const servers = new Map<string, { server: ModelServer; lane: LimitFunction }>();
  const judges = new Map<string, { judge: JudgeModel; lane: LimitFunction }>();
  const runs = new Map<string, RunServices>();

  const policyEndpoint = ({ baseUrl, apiKeyEnv, timeoutMs, callsInFlight }: RunConfig['policy']) => {
    const key = JSON.stringify([baseUrl, apiKeyEnv, timeoutMs, callsInFlight]);
    const apiKey = readKey(env, apiKeyEnv);
    const known = servers.get(key) ?? {
      server: createVllmServer({ baseUrl, timeoutMs, ...(apiKey === undefined ? {} : { apiKey }) }),
      lane: pLimit(callsInFlight),
    };
    servers.set(key, known);
    return known;
  };

  const judgeEndpoint = (config: RunConfig['judge']) => {
    if (config === undefined) return undefined;
    const { baseUrl, apiKeyEnv, timeoutMs, callsInFlight, model } = config;
    const key = JSON.stringify([baseUrl, apiKeyEnv, timeoutMs, callsInFlight, model]);
    const apiKey = readKey(env, apiKeyEnv);
    const known = judges.get(key) ?? {
      judge: createOpenAiJudge({ baseUrl, model, timeoutMs, ...(apiKey === undefined ? {} : { apiKey }) }),
      lane: pLimit(callsInFlight),
    };
    judges.set(key, known);
    return known;
  };

  const fromConfig = (run: RunRef, config: RunConfig): RunServices => {
    const policy = policyEndpoint(config.policy);
    const judge = judgeEndpoint(config.judge);
    return {
      config,
      store: createLocalArtifactStore({ root: run.storeRoot }),
      ledgers: createLocalLedgerStore({ root: run.storeRoot }),
      policy: policy.server,
      policyLane: policy.lane,
      judge: judge?.judge,
      judgeLane: judge?.lane ?? pLimit(1),
    };
  };

  return {
    fromConfig,
    async of(run) {
      const key = `${run.storeRoot}\n${run.runName}\n${run.configHash}`;
      const known = runs.get(key);
      if (known !== undefined) return known;
      const store = createLocalArtifactStore({ root: run.storeRoot });
      const manifest = await store.find(configArtifactName(run));
      if (manifest === undefined) {
        throw new ArtifactError(
          'artifact/missing',
          `The store ${run.storeRoot} has no config for run "${run.runName}": this worker may look at another folder than the one that opened the run.`,
        );
      }
      const [row] = await store.read<{ config: unknown }>(manifest);
      const services = fromConfig(run, runConfig.parse(row?.config));
      runs.set(key, services);
      return services;
    },
    async close() {
      await Promise.all([...servers.values()].map(({ server }) => server.close()));
    },
  };
}
