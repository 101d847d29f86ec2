import type { JsonValue } from './canonical-json.ts';

/** Points to a whole, immutable artifact: enough to find it and to check that it is the one that was meant. */
export interface ArtifactRef {
  /** Slash-separated, unique within the store: `<run>/round-001/rollouts/shard-0003`. */
  readonly name: string;
  /** sha256 (hex) over the shard hashes and the schema: the data, not when or by whom. */
  readonly contentHash: string;
  /** Rows in all shards. */
  readonly rows: number;
}

/** One immutable JSONL file, stored under its own hash. */
export interface Shard {
  readonly hash: string;
  readonly rows: number;
  readonly bytes: number;
}

/** Where rows come from. */
export interface Lineage {
  /** What made it: `respond`, `judge`, `select-pairs`... */
  readonly step: string;
  readonly parents: readonly ArtifactRef[];
  /** sha256 of the resolved config of the run. */
  readonly configHash: string;
  /** `policyStamp` of the weights behind the rows; `null` where none are. */
  readonly policy: string | null;
}

/** Written last: if it is there, the data is whole. */
export interface Manifest extends Lineage {
  readonly formatVersion: 1;
  readonly name: string;
  /** Name of the row type: `rollout`, `judged-group`, `preference-pair`... */
  readonly schema: string;
  readonly contentHash: string;
  readonly rows: number;
  readonly shards: readonly Shard[];
  /** Small numbers about the rows (counts, rates). */
  readonly summary: { readonly [key: string]: JsonValue };
}
