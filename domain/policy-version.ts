/** The weights that made a rollout: round 0 is the base model, round r the adapter that round r published. */
export interface PolicyVersion {
  /** Training rounds behind these weights, >= 0. */
  readonly round: number;
  /** The name to ask the server for. */
  readonly servedModel: string;
  /** Content hash (sha256, hex) of the adapter folder; `null` for the base model. */
  readonly adapterHash: string | null;
  /** Absolute path of the adapter folder as the server sees it; `null` for the base model. */
  readonly adapterPath: string | null;
}

/** Stamp for rows and ledger keys: `base:<model>` or `<name>@<hash>`. */
export function policyStamp(policy: PolicyVersion): string {
  return policy.adapterHash === null
    ? `base:${policy.servedModel}`
    : `${policy.servedModel}@${policy.adapterHash.slice(0, 16)}`;
}
