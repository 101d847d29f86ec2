import type { ArtifactStore } from '../../clients/artifact-store.ts';
import { policyNames, type WildbenchConfig } from '../../configs/schema/wildbench.ts';
import { comparedPoliciesName, roundName } from '../../domain/artifact-names.ts';
import { ConfigError, ModelServerError } from '../../domain/errors.ts';
import type { PolicyVersion } from '../../domain/policy-version.ts';
import type { RunRef } from '../../domain/run.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { locatePolicy } from '../serving/locate-weights.ts';
import type { WildbenchSeats } from './seats.ts';

/** The weights that a policy of a comparison stands for. */
export interface ComparedPolicy {
  readonly name: string;
  readonly version: PolicyVersion;
  /** The run that trained it; `null` for a model of a server. */
  readonly origin: Pick<RunRef, 'runName' | 'configHash'> | null;
}

/**
 * Says which weights each policy stands for. What was once recorded stands: "latest" is the latest round of the first start.
 *
 * @throws ConfigError `config/unusable` for a run without a published round, or without the one that is meant
 */
export async function comparePolicies(
  { store }: RunServices,
  run: RunRef,
  config: WildbenchConfig,
): Promise<readonly ComparedPolicy[]> {
  const recorded = comparedPoliciesName(run.runName);
  if ((await store.find(recorded)) !== undefined) return (await readArtifact<ComparedPolicy>(store, recorded)).rows;
  return Promise.all(
    policyNames(config).map(async (name): Promise<ComparedPolicy> => {
      const { fromRun, round = 'latest', model = config.policy.model } = config.policies[name] ?? {};
      if (fromRun !== undefined) return { name, ...(await findPublished(store, name, fromRun, round)) };
      return {
        name,
        version: { round: 0, servedModel: model, adapterHash: null, adapterPath: null },
        origin: null,
      };
    }),
  );
}

async function findPublished(
  store: ArtifactStore,
  name: string,
  fromRun: string,
  round: number | 'latest',
): Promise<Omit<ComparedPolicy, 'name'>> {
  const pattern = /\/round-(\d+)\/policy$/;
  const rounds = (await store.list(`${fromRun}/`)).flatMap((artifact) => {
    const found = pattern.exec(artifact)?.[1];
    return found === undefined ? [] : [Number(found)];
  });
  const wanted = round === 'latest' ? Math.max(...rounds) : round;
  if (!rounds.includes(wanted)) {
    const has = rounds.length === 0 ? 'no published round' : `the published rounds ${rounds.join(', ')}`;
    throw new ConfigError(
      'config/unusable',
      `policies.${name} takes round ${round} of the run "${fromRun}", and this store has ${has} of it: check policies.${name}.fromRun and store.root.`,
    );
  }
  const { rows, manifest } = await readArtifact<PolicyVersion>(store, roundName(fromRun, wanted, 'policy'));
  const version = await locatePolicy(store, rows[0] as PolicyVersion);
  if (version.checkpoint !== undefined) {
    throw new ConfigError(
      'config/unusable',
      `policies.${name} is round ${wanted} of the run "${fromRun}", which trained whole weights: policies are asked side by side, and a server holds one set of whole weights at a time. Start a server with --model ${version.checkpoint.path}, and name its model and baseUrl in policies.${name} instead of fromRun.`,
    );
  }
  return { version, origin: { runName: fromRun, configHash: manifest.configHash } };
}

/** The policy of that name as it was recorded. @throws Error when there is none: a mistake in the workflow */
export async function readComparedPolicy({ store }: RunServices, run: RunRef, name: string): Promise<ComparedPolicy> {
  const { rows } = await readArtifact<ComparedPolicy>(store, comparedPoliciesName(run.runName));
  const policy = rows.find((row) => row.name === name);
  if (policy === undefined) throw new Error(`The run was opened without the policy "${name}".`);
  return { ...policy, version: await locatePolicy(store, policy.version) };
}

/** Who takes part. @throws Error when the run has no judge of WildBench */
export function seatsOf({ wildbench }: RunServices): WildbenchSeats {
  if (wildbench === undefined) throw new Error('This step asks a judge of WildBench, and the config names none.');
  return wildbench;
}

/** Checks that every server has the model that is asked of it. @throws ModelServerError `model-server/unknown-model` */
export async function checkServed(services: RunServices): Promise<void> {
  const { policies } = seatsOf(services);
  await Promise.all(
    [...policies].map(async ([name, { server, endpoint }]) => {
      const served = (await server.models()).map(({ id }) => id);
      if (served.includes(endpoint.model)) return;
      throw new ModelServerError(
        'unknown-model',
        `${endpoint.baseUrl} does not serve "${endpoint.model}", the model of policies.${name}; it serves ${served.map((id) => `"${id}"`).join(', ') || 'nothing'}: correct the name or the server.`,
      );
    }),
  );
}

/**
 * The services that a policy's calls go through. A trained policy is loaded and probed by the rules of the run that
 * trained it, whose facts the probe needs, into the server of this run.
 */
export async function servicesOf(
  provider: RunServicesProvider,
  services: RunServices,
  run: RunRef,
  { name, origin }: ComparedPolicy,
): Promise<{ readonly services: RunServices; readonly run: RunRef }> {
  const seat = seatsOf(services).policies.get(name);
  if (seat === undefined) throw new Error(`The run has no server for the policy "${name}".`);
  const own = { policy: seat.server, policyLane: seat.lane, store: services.store, ledgers: services.ledgers };
  if (origin === null) return { services: { ...services, ...own }, run };
  const originRun: RunRef = { ...origin, storeRoot: run.storeRoot };
  return { services: { ...(await provider.of(originRun)), ...own }, run: originRun };
}
