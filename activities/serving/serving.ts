import { cancellationSignal } from '@temporalio/activity';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import type { ModelServer, ServedModel } from '../../clients/model-server.ts';
import type { TrainingResult } from '../../clients/trainer.ts';
import { roundName } from '../../domain/artifact-names.ts';
import { AdapterError } from '../../domain/errors.ts';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import { decideProbe, type ProbeNumbers } from '../../domain/probe.ts';
import type { RunRef } from '../../domain/run.ts';
import { fenceBase } from './fence-calls.ts';
import { withHeartbeats } from '../heartbeats.ts';
import { servedLogprobs, trainedLogprobs } from './probe-readings.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices } from '../run-services.ts';
import { ensureHeld } from './whole-weights.ts';

/** An adapter with the facts that a probe needs. */
export type AdapterVersion = PolicyVersion & { readonly adapterHash: string; readonly adapterPath: string };

/** True when the version has weights of its own. */
export function isAdapter(policy: PolicyVersion): policy is AdapterVersion {
  return policy.adapterHash !== null && policy.adapterPath !== null;
}

/** What this worker knows of the adapters of a server, by name and folder. */
interface KnownAdapters {
  /** Loaded and probed, as far as the server still lists them. */
  readonly probed: Set<string>;
  /** Being loaded or probed for one shard; the other shards wait for it. */
  readonly underWay: Map<string, Promise<unknown>>;
}

const knownAdapters = new WeakMap<ModelServer, KnownAdapters>();

function knownOn(server: ModelServer): KnownAdapters {
  const known = knownAdapters.get(server) ?? { probed: new Set(), underWay: new Map() };
  knownAdapters.set(server, known);
  return known;
}

const keyOf = ({ servedModel, adapterPath }: AdapterVersion): string => `${servedModel}\n${adapterPath}`;

/**
 * Makes sure that the server has this version before anything is sampled: after a restart every adapter is gone. A version
 * that had to be loaded is probed against its own base, and so is one that is there without this worker having seen its
 * probe to the end: a worker or a server may have died between load and probe.
 *
 * @returns the server to ask; where it says what it holds, it refuses the answers of any other weights
 */
export async function ensureServed(services: RunServices, run: RunRef, policy: PolicyVersion): Promise<ModelServer> {
  if (services.policy === services.replaced) return withHeartbeats(() => ensureHeld(services, run, policy));
  // An adapter is nothing without its base either.
  const server = await fenceBase(services.policy, cancellationSignal());
  if (!isAdapter(policy)) return server;
  const { underWay } = knownOn(services.policy);
  const key = keyOf(policy);
  const shared = underWay.get(key) ?? loadAndProbe(services, run, policy).finally(() => underWay.delete(key));
  underWay.set(key, shared);
  // The first forward pass with an adapter can take a CPU server minutes: it compiles.
  await withHeartbeats(() => shared);
  return server;
}

async function loadAndProbe(services: RunServices, run: RunRef, policy: AdapterVersion): Promise<void> {
  const { policy: server, store, config } = services;
  const { probed } = knownOn(server);
  const served = await server.models();
  const isServed = served.some(({ id, root }) => id === policy.servedModel && root === policy.adapterPath);
  if (isServed && probed.has(keyOf(policy))) return;
  if (!isServed) await load(server, policy, served);
  const training = await readArtifact<TrainingResult>(store, roundName(run.runName, policy.round, 'training'));
  await probeServed(services, policy, config.policy.model, training.rows[0] as TrainingResult);
}

/**
 * Loads an adapter and measures that it is what was trained; an adapter that fails the probe is unloaded again.
 *
 * @param previousModel served name of the policy that it replaces
 * @throws AdapterError `adapter/load-refused`, `adapter/base-mismatch`, `adapter/no-op`, `adapter/probe-mismatch`
 */
export async function serveAndProbe(
  services: RunServices,
  adapter: AdapterVersion,
  previousModel: string,
  training: TrainingResult,
): Promise<ProbeNumbers> {
  await load(services.policy, adapter, await services.policy.models());
  return probeServed(services, adapter, previousModel, training);
}

async function load(
  server: ModelServer,
  { servedModel, adapterPath }: AdapterVersion,
  served: readonly ServedModel[],
): Promise<void> {
  const held = served.find(({ id }) => id === servedModel);
  // Names hold the hash of the weights: these are the same, of a store that was moved, and a server may read them again.
  if (held !== undefined && held.root !== adapterPath) await server.unloadAdapter(servedModel);
  await server.loadAdapter(servedModel, adapterPath);
}

async function probeServed(
  { policy: server, config }: RunServices,
  adapter: AdapterVersion,
  previousModel: string,
  { probes }: TrainingResult,
): Promise<ProbeNumbers> {
  const { probed } = knownOn(server);
  probed.delete(keyOf(adapter));
  const score = (model: string) => servedLogprobs(server, model, probes);
  const decision = decideProbe(
    {
      trainedBase_T: trainedLogprobs(probes, 'baseLogprobs'),
      trainedAdapter_T: trainedLogprobs(probes, 'adapterLogprobs'),
      servedBase_T: await score(config.policy.model),
      servedAdapter_T: await score(adapter.servedModel),
      servedPrevious_T: await score(previousModel),
    },
    configOfLoop(config, 'online-dpo').publish,
  );
  if (decision.ok) {
    probed.add(keyOf(adapter));
    const { meanChange, meanDisagreement, baseDisagreement } = decision;
    return { meanChange, meanDisagreement, baseDisagreement };
  }
  await server.unloadAdapter(adapter.servedModel);
  throw new AdapterError(
    `adapter/${decision.code}`,
    `Adapter ${adapter.servedModel} was not published: ${decision.why}. The previous policy stays in service.`,
    { details: { meanChange: decision.meanChange, meanDisagreement: decision.meanDisagreement } },
  );
}
