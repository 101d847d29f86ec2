import { configOfLoop } from '../configs/stage-sampling.ts';
import type { ModelServer } from '../clients/model-server.ts';
import type { ProbeScore, TrainingResult } from '../clients/trainer.ts';
import { roundName } from '../domain/artifact-names.ts';
import { AdapterError } from '../domain/errors.ts';
import type { PolicyVersion } from '../domain/policy-version.ts';
import { decideProbe, type ProbeNumbers } from '../domain/probe.ts';
import type { RunRef } from '../domain/run.ts';
import { withHeartbeats } from './heartbeats.ts';
import { readArtifact } from './read-artifact.ts';
import type { RunServices } from './run-services.ts';

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
 */
export async function ensureServed(services: RunServices, run: RunRef, policy: PolicyVersion): Promise<void> {
  if (!isAdapter(policy)) return;
  const { underWay } = knownOn(services.policy);
  const key = keyOf(policy);
  const shared = underWay.get(key) ?? loadAndProbe(services, run, policy).finally(() => underWay.delete(key));
  underWay.set(key, shared);
  // The first forward pass with an adapter can take a CPU server minutes: it compiles.
  await withHeartbeats(() => shared);
}

async function loadAndProbe(services: RunServices, run: RunRef, policy: AdapterVersion): Promise<void> {
  const { policy: server, store, config } = services;
  const { probed } = knownOn(server);
  const served = await server.models();
  const isServed = served.some(({ id, root }) => id === policy.servedModel && root === policy.adapterPath);
  if (isServed && probed.has(keyOf(policy))) return;
  if (!isServed) await server.loadAdapter(policy.servedModel, policy.adapterPath);
  const training = await readArtifact<TrainingResult>(store, roundName(run.runName, policy.round, 'training'));
  await probeServed(services, policy, config.policy.model, training.rows[0] as TrainingResult);
}

/** Tokens of a probe that are compared: every other one of its last sixteen, which lie in the answer. */
function probePositions({ tokenIds }: ProbeScore): readonly number[] {
  const last = tokenIds.length - 1;
  return Array.from({ length: 8 }, (_, index) => last - 2 * index).filter((position) => position >= 1);
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
  await services.policy.loadAdapter(adapter.servedModel, adapter.adapterPath);
  return probeServed(services, adapter, previousModel, training);
}

async function probeServed(
  { policy: server, config }: RunServices,
  adapter: AdapterVersion,
  previousModel: string,
  { probes }: TrainingResult,
): Promise<ProbeNumbers> {
  const { probed } = knownOn(server);
  probed.delete(keyOf(adapter));
  const positions = probes.flatMap((probe) => probePositions(probe).map((position) => ({ probe, position })));
  const trained = (kind: 'baseLogprobs' | 'adapterLogprobs') =>
    positions.map(({ probe, position }) => probe[kind][position - 1] as number);
  const score = (model: string) =>
    Promise.all(
      positions.map(({ probe: { tokenIds }, position }) =>
        server.nextTokenLogprob(model, tokenIds.slice(0, position), tokenIds[position] as number),
      ),
    );
  const decision = decideProbe(
    {
      trainedBase_T: trained('baseLogprobs'),
      trainedAdapter_T: trained('adapterLogprobs'),
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
