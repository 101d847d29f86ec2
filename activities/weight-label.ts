import { randomBytes } from 'node:crypto';
import { policyStamp, weightsOf, type PolicyVersion } from '../domain/policy-version.ts';

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

/** True when a server with this label holds a base model. */
export function isBaseLabel(label: string): boolean {
  return label === UNTOLD || label.startsWith('base:');
}
