import { randomBytes } from 'node:crypto';
import type { ModelServer } from '../../clients/model-server.ts';
import { ModelServerError, TickloopError } from '../../domain/errors.ts';
import { policyStamp, weightsOf, type PolicyVersion } from '../../domain/policy-version.ts';

/** Label of a vLLM that was told nothing since its start: it holds the model that it was started with. */
const UNTOLD = 'default';

/** A new label at each loading, so that no two loadings of one version are taken for the same. */
export function makeLabel(policy: PolicyVersion): string {
  return `${policyStamp(policy)}#${randomBytes(4).toString('hex')}`;
}

/** True when a server with this label holds the version, as far as it was told. */
export function isLabelOf(label: string, policy: PolicyVersion): boolean {
  if (label === UNTOLD) return weightsOf(policy).hash === null;
  return label.replace(/#[0-9a-f]{8}$/, '') === policyStamp(policy);
}

/** What a label stands for: a version, being changed to it or refused as it, and the number of its loading. */
const LABEL = /^(?:changing to |refused )?(?:base:|(?<runName>.+)-v(?<round>\d+)-[0-9a-f]{8}@)/;

/** True when the label is of a run's own version, or of a change that the run began, to a version or back to a base model. */
export function isLabelOfRun(label: string, runName: string): boolean {
  const found = LABEL.exec(label)?.groups;
  return found !== undefined && (found['runName'] === undefined || found['runName'] === runName);
}

/** The round that made the version of a label; `null` for a base model and for labels of others. */
export function roundOfLabel(label: string): number | null {
  const round = LABEL.exec(label)?.groups?.['round'];
  return round === undefined ? null : Number(round);
}

/** True when a server with this label holds a base model. */
export function isBaseLabel(label: string): boolean {
  return label === UNTOLD || label.startsWith('base:');
}

/**
 * The label of a server; `undefined` where it has no such endpoint or keeps it from us: as far as anybody knows it holds what
 * it was started with.
 *
 * @throws ModelServerError `model-server/unavailable`, `model-server/timeout`, which say nothing of the label
 */
export async function findLabel(server: ModelServer, signal?: AbortSignal): Promise<string | undefined> {
  try {
    return await server.weights.label(signal);
  } catch (error) {
    const isSilent = error instanceof ModelServerError && (error.kind === 'unavailable' || error.kind === 'timeout');
    if (error instanceof TickloopError && !isSilent) return undefined;
    throw error;
  }
}
