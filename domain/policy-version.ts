/** A whole model that is put in place of the weights that a server holds, under the name of the base model. */
export interface Checkpoint {
  /** Name of the version, as the server is told it. */
  readonly name: string;
  /** Content hash (sha256, hex) of the folder. */
  readonly hash: string;
  /** Absolute path of the folder as the server sees it. */
  readonly path: string;
}

/** The weights that made a rollout: round 0 is the base model, round r the adapter or checkpoint that round r published. */
export interface PolicyVersion {
  /** Training rounds behind these weights, >= 0. */
  readonly round: number;
  /** The name to ask the server for. */
  readonly servedModel: string;
  /** Content hash (sha256, hex) of the adapter folder; `null` for the base model. */
  readonly adapterHash: string | null;
  /** Absolute path of the adapter folder as the server sees it; `null` for the base model. */
  readonly adapterPath: string | null;
  /** Where whole weights were trained; then there is no adapter. */
  readonly checkpoint?: Checkpoint;
}

/** What a version is called, and the hash of its weights; `null` for the base model. */
export function weightsOf({ servedModel, adapterHash, checkpoint }: PolicyVersion): {
  readonly name: string;
  readonly hash: string | null;
} {
  return checkpoint ?? { name: servedModel, hash: adapterHash };
}

/** Stamp for rows and ledger keys: `base:<model>` or `<name>@<hash>`. */
export function policyStamp(policy: PolicyVersion): string {
  const { name, hash } = weightsOf(policy);
  return hash === null ? `base:${name}` : `${name}@${hash.slice(0, 16)}`;
}
