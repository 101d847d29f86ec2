import type { JsonValue } from '../domain/canonical-json.ts';
import type { ArtifactRef, Lineage, Manifest } from '../domain/artifact.ts';

export interface NewArtifact extends Lineage {
  readonly name: string;
  readonly schema: string;
  /** Rows of each shard, in order; made one after the other where not all of them fit into memory. */
  readonly shards: Iterable<readonly object[]> | AsyncIterable<readonly object[]>;
  readonly summary: { readonly [key: string]: JsonValue };
}

/**
 * Immutable artifacts: shards stored under their own hash, then the manifest, so that a manifest vouches for its data.
 * Local or shared folder today; S3 later behind this port.
 */
export interface ArtifactStore {
  /**
   * Writes shards and manifest. If an artifact of that name is already whole, the first one stands and its reference is
   * returned: two attempts of one activity can't disagree.
   *
   * @throws ArtifactError `artifact/no-space`, `artifact/unwritable`
   */
  write(artifact: NewArtifact): Promise<ArtifactRef>;
  /** The manifest of that name, or `undefined` when it is not there (the artifact is not whole). */
  find(name: string): Promise<Manifest | undefined>;
  /** Names of whole artifacts below a prefix, sorted. */
  list(prefix: string): Promise<readonly string[]>;
  /**
   * All rows in order; every shard is checked against its hash.
   *
   * @throws ArtifactError `artifact/missing`, `artifact/corrupt`
   */
  read<Row extends object>(ref: ArtifactRef): Promise<readonly Row[]>;
  /**
   * The same, shard by shard, for artifacts whose rows do not fit into memory.
   *
   * @throws ArtifactError `artifact/missing`, `artifact/corrupt`
   */
  readShards<Row extends object>(ref: ArtifactRef): AsyncIterable<readonly Row[]>;
  /**
   * Puts a folder of files under `folders/<name>` by renaming; returns its absolute path and the sha256 (hex) over names
   * and bytes. An equal folder that is there already stands.
   */
  adoptFolder(source: string, name: string): Promise<{ readonly path: string; readonly contentHash: string }>;
  /**
   * Where a path below a folder of this store lies now, as an artifact has recorded it: absolute, and from before the store
   * was moved perhaps. Any other path comes back as it is.
   */
  locate(path: string): Promise<string>;
  /** Absolute path of a working folder for a step, made if missing: checkpoints, logs. Not an artifact. */
  workFolder(name: string): Promise<string>;
  /** Writes a finished file for people (a report) by rename; returns its absolute path. */
  writeFile(name: string, text: string): Promise<string>;
  /** Free bytes where artifacts go. */
  freeBytes(): Promise<number>;
}
