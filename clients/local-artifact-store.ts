import { statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ArtifactRef, Manifest, Shard } from '../domain/artifact.ts';
import { ArtifactError } from '../domain/errors.ts';
import type { ArtifactStore, NewArtifact } from './artifact-store.ts';
import { adoptFolderAt } from './local-store/adopt-folder.ts';
import { checkedName, checkedPrefix } from './local-store/checked-name.ts';
import { createFileOnce, makeFolder, replaceFile } from './local-store/durable-files.ts';
import { inFolder, isMissing } from './local-store/file-errors.ts';
import { listFiles } from './local-store/list-files.ts';
import { locatePath } from './local-store/locate-path.ts';
import { artifactHash, readManifest, refOf } from './local-store/manifest-file.ts';
import { readShard, writeShard } from './local-store/shard-files.ts';

export interface LocalArtifactStoreOptions {
  /** Folder of the store, made if missing. */
  readonly root: string;
  /** Artifacts and folders are refused when less than this is free. */
  readonly minFreeBytes?: number;
}

const MANIFEST_ENDING = '.json';

async function listManifests(folder: string): Promise<readonly string[]> {
  try {
    const names = await listFiles(folder);
    return names.filter((name) => name.endsWith(MANIFEST_ENDING)).map((name) => join(folder, name));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function describe(artifact: NewArtifact, shards: readonly Shard[]): Manifest {
  const hashes = shards.map((shard) => shard.hash);
  return {
    formatVersion: 1,
    name: artifact.name,
    schema: artifact.schema,
    step: artifact.step,
    policy: artifact.policy,
    configHash: artifact.configHash,
    contentHash: artifactHash(artifact.schema, hashes),
    rows: shards.reduce((sum, shard) => sum + shard.rows, 0),
    shards,
    parents: artifact.parents,
    summary: artifact.summary,
  };
}

/** An artifact store in a local or shared folder; see `ArtifactStore` for what it promises. */
export function createLocalArtifactStore(options: LocalArtifactStoreOptions): ArtifactStore {
  const root = resolve(options.root);
  const minFreeBytes = options.minFreeBytes ?? 0;
  const manifests = join(root, 'manifests');
  const guard = <Result>(work: () => Promise<Result>): Promise<Result> => inFolder(root, work);

  const find = (name: string): Promise<Manifest | undefined> =>
    guard(() => readManifest(join(manifests, `${checkedName(name)}${MANIFEST_ENDING}`), name));

  async function freeBytes(): Promise<number> {
    await makeFolder(root);
    const disk = await statfs(root);
    return disk.bavail * disk.bsize;
  }

  async function requireSpace(): Promise<void> {
    const free = await freeBytes();
    if (free >= minFreeBytes) return;
    throw new ArtifactError(
      'artifact/no-space',
      `${root} has ${free} free bytes and ${minFreeBytes} are to be kept free: free some or move the store, then resume.`,
      { details: { freeBytes: free, minFreeBytes } },
    );
  }

  async function write(artifact: NewArtifact): Promise<ArtifactRef> {
    const existing = await find(artifact.name);
    if (existing !== undefined) return refOf(existing);
    await requireSpace();
    const shards: Shard[] = [];
    for await (const rows of artifact.shards) shards.push(await writeShard(root, rows));
    const manifest = describe(artifact, shards);
    const path = join(manifests, `${artifact.name}${MANIFEST_ENDING}`);
    const created = await createFileOnce(path, `${JSON.stringify(manifest, null, 2)}\n`);
    // Another attempt was faster: what it wrote stands.
    return refOf(created ? manifest : ((await find(artifact.name)) ?? manifest));
  }

  async function requireManifest(ref: ArtifactRef): Promise<Manifest> {
    const manifest = await find(ref.name);
    if (manifest === undefined) {
      const message = `${root} holds no artifact ${ref.name}: run the step that makes it, or point to the store that has it.`;
      throw new ArtifactError('artifact/missing', message);
    }
    if (manifest.contentHash !== ref.contentHash || manifest.rows !== ref.rows) {
      const message = `The artifact ${ref.name} in ${root} is not the one that was meant: point to the store of that run.`;
      const details = { found: manifest.contentHash, meant: ref.contentHash };
      throw new ArtifactError('artifact/corrupt', message, { details });
    }
    return manifest;
  }

  async function* readShards<Row extends object>(ref: ArtifactRef): AsyncGenerator<readonly Row[], void> {
    const { shards } = await guard(() => requireManifest(ref));
    for (const shard of shards) yield await guard(() => readShard<Row>(root, shard));
  }

  async function read<Row extends object>(ref: ArtifactRef): Promise<readonly Row[]> {
    const shards: (readonly Row[])[] = [];
    for await (const rows of readShards<Row>(ref)) shards.push(rows);
    return shards.flat();
  }

  return {
    find,
    write: (artifact) => guard(() => write(artifact)),
    read,
    readShards,
    list: (prefix) =>
      guard(async () => {
        const paths = await listManifests(join(manifests, checkedPrefix(prefix)));
        return paths.map((path) => path.slice(manifests.length + 1, -MANIFEST_ENDING.length)).toSorted();
      }),
    adoptFolder: (source, name) =>
      guard(async () => {
        const path = join(root, 'folders', checkedName(name));
        await requireSpace();
        return { path, contentHash: await adoptFolderAt(resolve(source), path) };
      }),
    locate: (path) => locatePath(root, path),
    workFolder: (name) =>
      guard(async () => {
        const path = join(root, 'work', checkedName(name));
        await makeFolder(path);
        return path;
      }),
    writeFile: (name, text) =>
      guard(async () => {
        const path = join(root, 'files', checkedName(name));
        await replaceFile(path, text);
        return path;
      }),
    freeBytes: () => guard(freeBytes),
  };
}
