import { resolve } from 'node:path';
import { cancellationSignal } from '@temporalio/activity';
import pLimit, { type LimitFunction } from 'p-limit';
import { checkCheckpoint } from '../../clients/check-checkpoint.ts';
import type { LabelledWeights, ModelServer } from '../../clients/model-server.ts';
import { placeOf } from '../../configs/schema/whole-weights.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import { roundName } from '../../domain/artifact-names.ts';
import { AdapterError } from '../../domain/errors.ts';
import { policyStamp, weightsOf, type PolicyVersion } from '../../domain/policy-version.ts';
import { decideProbe, type ProbeDecision } from '../../domain/probe.ts';
import type { RunRef } from '../../domain/run.ts';
import { fenceCalls } from './fence-calls.ts';
import { servedLogprobs, trainedLogprobs } from './probe-readings.ts';
import { findExpectation, type Expectation } from './probe-expectation.ts';
import { locatePolicy } from './locate-weights.ts';
import { refOf } from '../artifacts/read-artifact.ts';
import type { RunServices } from '../run-services.ts';
import { isLabelOf, makeLabel, roundOfLabel } from './weight-label.ts';

/** Labels under which a probe found what was trained, by client: all are forgotten with the worker. */
const probedLabels = new WeakMap<ModelServer, Set<string>>();

/** The labels that this worker has probed on a server. */
export function probedOn(server: ModelServer): Set<string> {
  const probed = probedLabels.get(server) ?? new Set();
  probedLabels.set(server, probed);
  return probed;
}

const turns = new Map<string, LimitFunction>();

/**
 * One change at a time: shards that need the same version wait for it. By the place of the server, since runs with other
 * settings have clients of their own.
 */
export function turnOn({ config }: Pick<RunServices, 'config'>): LimitFunction {
  const place = placeOf(config.policy);
  const turn = turns.get(place) ?? pLimit(1);
  turns.set(place, turn);
  return turn;
}

/**
 * Makes sure that the server holds this version before anything is sampled: by its label, and by a probe where this worker
 * has not seen one under that label. After a restart a server holds what it was started with, and says so.
 *
 * @returns the server, whose answers are refused as soon as it holds anything else
 */
export async function ensureHeld(services: RunServices, run: RunRef, policy: PolicyVersion): Promise<ModelServer> {
  const { policy: server } = services;
  return fenceCalls(server, await turnOn(services)(() => hold(services, run, policy)));
}

/** Makes sure that the server holds the version, in the caller's turn; returns the label under which it does. */
export async function hold(services: RunServices, run: RunRef, policy: PolicyVersion): Promise<string> {
  const { policy: server } = services;
  const probed = probedOn(server);
  const found = await server.weights.label(cancellationSignal());
  const isThere = isLabelOf(found, policy);
  // Whoever paused it died before it went on, or is just about to.
  if (isThere && (await server.weights.isPaused(cancellationSignal()))) await server.weights.resume();
  if (isThere && probed.has(found)) return found;
  const expected = await findExpectation(services, run, policy);
  if (isThere && (expected === undefined || (await probe(services, found, expected)).ok)) return found;
  const label = await replace(services, policy, await findHeld(services, run, found));
  const decision = expected && (await probe(services, label, expected));
  if (decision?.ok !== false) return label;
  await server.weights.relabel(`refused ${policyStamp(policy)}`);
  const code = weightsOf(policy).hash === null ? 'base-mismatch' : decision.code;
  const what = 'is not what the server holds after loading it';
  throw refuse(policy, { ...decision, code }, what, 'Nothing is sampled from it.');
}

/** The version that a label stands for, to be loaded again should the next one not load; `null` where the run knows none. */
async function findHeld(services: RunServices, { runName }: RunRef, label: string): Promise<PolicyVersion | null> {
  const base = baseOf(services);
  if (isLabelOf(label, base)) return base;
  const round = roundOfLabel(label);
  const manifest = round === null ? undefined : await services.store.find(roundName(runName, round, 'policy'));
  const [version] = manifest === undefined ? [] : await services.store.read<PolicyVersion>(refOf(manifest));
  return version !== undefined && isLabelOf(label, version) ? locatePolicy(services.store, version) : null;
}

/** Checks the folder of a version and puts it in place; returns its label. */
export async function replace(
  services: RunServices,
  next: PolicyVersion,
  previous: PolicyVersion | null,
): Promise<string> {
  const place = (policy: PolicyVersion): LabelledWeights => ({
    path: policy.checkpoint?.path ?? basePathOf(services),
    label: makeLabel(policy),
  });
  const weights = place(next);
  await checkCheckpoint(weights.path, basePathOf(services));
  await services.policy.weights.replace(weights, previous && place(previous), cancellationSignal());
  return weights.label;
}

/** Compares what is served with the trainer's own numbers alone: what was served before may be anything. */
async function probe(
  { policy: server, config }: RunServices,
  label: string,
  { probes, own, other }: Expectation,
): Promise<ProbeDecision> {
  const other_T = trainedLogprobs(probes, other);
  const decision = decideProbe(
    {
      trainedBase_T: other_T,
      trainedAdapter_T: trainedLogprobs(probes, own),
      servedBase_T: other_T,
      servedAdapter_T: await servedLogprobs(fenceCalls(server, label), config.policy.model, probes),
      servedPrevious_T: other_T,
    },
    configOfLoop(config, 'online-dpo').publish,
    'checkpoint',
    'trainer',
  );
  if (decision.ok) probedOn(server).add(label);
  return decision;
}

/** The error for weights that a probe has refused; `state` says what is in service now. */
export function refuse(
  policy: PolicyVersion,
  { code, why, meanChange, meanDisagreement }: Extract<ProbeDecision, { readonly ok: false }>,
  what: string,
  state: string,
): AdapterError {
  const { name, hash } = weightsOf(policy);
  const kind = hash === null ? 'Base model' : 'Checkpoint';
  return new AdapterError(`adapter/${code}`, `${kind} ${name} ${what}: ${why}. ${state}`, {
    details: { meanChange, meanDisagreement },
  });
}

/** The model that the policy's server was started with. */
export function baseOf({ config }: Pick<RunServices, 'config'>): PolicyVersion {
  return { round: 0, servedModel: config.policy.model, adapterHash: null, adapterPath: null };
}

function basePathOf({ config }: RunServices): string {
  return resolve(configOfLoop(config, 'online-dpo').policy.modelPath);
}
