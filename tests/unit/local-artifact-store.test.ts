import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactStore, NewArtifact } from '../../clients/artifact-store.ts';
import { hashJson, sha256Hex } from '../../clients/content-hash.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';

const ROWS = [
  { id: 'a', text: 'one\ntwo' },
  { id: 'b', text: 'zażółć' },
  { id: 'c', text: '' },
];
const SHARD_TEXTS = ['{"id":"a","text":"one\\ntwo"}\n{"id":"b","text":"zażółć"}\n', '{"id":"c","text":""}\n'];
const SHARD_HASHES = SHARD_TEXTS.map((text) => sha256Hex(text));
const CONTENT_HASH = hashJson({ schema: 'row', shards: SHARD_HASHES });

function newArtifact(name: string, rows: readonly object[] = ROWS): NewArtifact {
  return {
    name,
    schema: 'row',
    step: 'respond',
    parents: [],
    configHash: 'c0',
    policy: null,
    shards: [rows.slice(0, 2), rows.slice(2)],
    summary: { kept: rows.length },
  };
}

let root: string;
let store: ArtifactStore;

const blobPath = (hash: string): string => join(root, 'blobs', hash.slice(0, 2), `${hash}.jsonl`);

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tickloop-store-'));
  store = createLocalArtifactStore({ root });
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe('a store that was moved', () => {
  it('finds the folders that paths of before name, whatever its old root was called', async () => {
    const below = (name: string) => join(root, name);
    await mkdir(below('folders/run/adapters/round-1'), { recursive: true });
    await mkdir(below('work/run/round-001/training'), { recursive: true });
    expect(await store.locate('/work/folders/store/folders/run/adapters/round-1')).toBe(
      below('folders/run/adapters/round-1'),
    );
    expect(await store.locate('/work/store/work/run/round-001/training')).toBe(below('work/run/round-001/training'));
  });

  it('leaves a path alone that lies below it, or that it has nothing of', async () => {
    const own = join(root, 'folders/run/adapters/round-2');
    expect(await store.locate(own)).toBe(own);
    expect(await store.locate('/old/folders/run/adapters/round-3')).toBe('/old/folders/run/adapters/round-3');
    // Out of the store by dots.
    expect(await store.locate('/old/folders/../../../..')).toBe('/old/folders/../../../..');
  });
});

describe('writing and reading an artifact', () => {
  it('gives back the rows of all shards in order', async () => {
    const ref = await store.write(newArtifact('run/round-001/rollouts'));
    expect(ref).toEqual({ name: 'run/round-001/rollouts', contentHash: CONTENT_HASH, rows: 3 });
    expect(await store.read(ref)).toEqual(ROWS);
  });

  it('takes shards as they are made and gives them back one by one, like those of a list', async () => {
    const whole = newArtifact('run/rows');
    async function* making() {
      yield* whole.shards;
    }
    const ref = await store.write({ ...whole, name: 'run/made', shards: making() });
    expect(ref.contentHash).toBe(CONTENT_HASH);
    const shards: (readonly object[])[] = [];
    for await (const rows of store.readShards(ref)) shards.push(rows);
    expect(shards.length).toBe(SHARD_HASHES.length);
    expect(shards.flat()).toEqual(ROWS);
  });

  it('is not there when making a shard fails', async () => {
    async function* breaking() {
      yield ROWS;
      throw new Error('no more');
    }
    await expect(store.write({ ...newArtifact('run/broken'), shards: breaking() })).rejects.toThrow('no more');
    expect(await store.find('run/broken')).toBeUndefined();
  });

  it('stores each shard as JSON lines under the hash of its bytes and leaves no temporary files', async () => {
    await store.write(newArtifact('run/rows'));
    expect(await readFile(blobPath(SHARD_HASHES[0] ?? ''), 'utf8')).toBe(SHARD_TEXTS[0]);
    const expected = [...SHARD_HASHES.map((hash) => `${hash}.jsonl`), 'rows.json'];
    expect((await filesBelow(root)).toSorted()).toEqual(expected.toSorted());
  });

  it('describes the artifact in its manifest', async () => {
    await store.write(newArtifact('run/rows'));
    expect(await store.find('run/rows')).toEqual({
      formatVersion: 1,
      name: 'run/rows',
      schema: 'row',
      step: 'respond',
      parents: [],
      configHash: 'c0',
      policy: null,
      contentHash: CONTENT_HASH,
      rows: 3,
      shards: SHARD_TEXTS.map((text, index) => ({
        hash: SHARD_HASHES[index],
        rows: index === 0 ? 2 : 1,
        bytes: Buffer.byteLength(text),
      })),
      summary: { kept: 3 },
    });
  });

  it('gives equal data the same content hash under another name', async () => {
    const [first, second] = [await store.write(newArtifact('run/a')), await store.write(newArtifact('run/b'))];
    expect(second.contentHash).toBe(first.contentHash);
  });

  it('holds an artifact without rows', async () => {
    const ref = await store.write(newArtifact('run/empty', []));
    expect(ref.rows).toBe(0);
    expect(await store.read(ref)).toEqual([]);
  });

  it('does not find an artifact whose manifest was not written, though its shards are there', async () => {
    await writeFile(join(root, 'manifests'), 'a file where a folder should be');
    await expect(store.write(newArtifact('run/rows'))).rejects.toMatchObject({ code: 'artifact/unwritable' });
    expect(await readFile(blobPath(SHARD_HASHES[1] ?? ''), 'utf8')).toBe(SHARD_TEXTS[1]);
    expect(await store.find('run/rows')).toBeUndefined();
  });

  it('lets the first of two artifacts of one name stand', async () => {
    const first = await store.write(newArtifact('run/rows'));
    expect(await store.write(newArtifact('run/rows', [{ id: 'other' }]))).toEqual(first);
    expect(await store.read(first)).toEqual(ROWS);
  });

  it('gives all of many writers at once the same artifact', async () => {
    const writers = Array.from({ length: 8 }, (_, writer) =>
      createLocalArtifactStore({ root }).write(newArtifact('run/rows', [{ writer }])),
    );
    const refs = await Promise.all(writers);
    expect(new Set(refs.map((ref) => ref.contentHash)).size).toBe(1);
    expect(await store.find('run/rows')).toMatchObject({ contentHash: refs[0]?.contentHash });
    expect((await filesBelow(root)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('lists the names below a prefix, sorted', async () => {
    for (const name of ['run/b', 'run/a/x', 'running/c']) await store.write(newArtifact(name));
    expect(await store.list('run/')).toEqual(['run/a/x', 'run/b']);
    expect(await store.list('')).toEqual(['run/a/x', 'run/b', 'running/c']);
    expect(await store.list('nothing')).toEqual([]);
  });
});

describe('damage', () => {
  it('is found when the bytes of a shard changed', async () => {
    const ref = await store.write(newArtifact('run/rows'));
    await writeFile(blobPath(SHARD_HASHES[1] ?? ''), '{"id":"c","text":"!"}\n');
    await expect(store.read(ref)).rejects.toMatchObject({ code: 'artifact/corrupt' });
  });

  it('is found when a shard is gone', async () => {
    const ref = await store.write(newArtifact('run/rows'));
    await rm(blobPath(SHARD_HASHES[1] ?? ''));
    await expect(store.read(ref)).rejects.toMatchObject({ code: 'artifact/missing' });
  });

  it('is found when a manifest is torn or its numbers were changed', async () => {
    const ref = await store.write(newArtifact('run/rows'));
    const path = join(root, 'manifests', 'run', 'rows.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, 100));
    await expect(store.read(ref)).rejects.toMatchObject({ code: 'artifact/corrupt' });
    await writeFile(path, text.replace('"rows": 3', '"rows": 4'));
    await expect(store.find('run/rows')).rejects.toMatchObject({ code: 'artifact/corrupt' });
  });

  it('is what a reference to other data under the same name is taken for', async () => {
    const ref = await store.write(newArtifact('run/rows'));
    await expect(store.read({ ...ref, contentHash: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'artifact/corrupt',
    });
  });

  it('is not what an artifact that was never written is called', async () => {
    const ref = { name: 'run/none', contentHash: CONTENT_HASH, rows: 3 };
    await expect(store.read(ref)).rejects.toMatchObject({ code: 'artifact/missing' });
  });
});

describe('names', () => {
  const BAD_NAMES = ['', '..', '../x', 'a/../../x', '/etc/x', 'a//b', 'a/', './a', 'a\\b', 'a\0b', 'a b', 'ż', 'a\n'];

  it.each([...BAD_NAMES, 'a/'.repeat(150) + 'ab', 'a'.repeat(201)])('%j is refused everywhere', async (name) => {
    const refusal = { code: 'artifact/unwritable' };
    await expect(store.write(newArtifact(name))).rejects.toMatchObject(refusal);
    await expect(store.find(name)).rejects.toMatchObject(refusal);
    await expect(store.workFolder(name)).rejects.toMatchObject(refusal);
    await expect(store.writeFile(name, 'text')).rejects.toMatchObject(refusal);
    await expect(store.adoptFolder(root, name)).rejects.toMatchObject(refusal);
    expect(await readdir(root)).toEqual([]);
  });

  it('may have 300 characters', async () => {
    const name = `${'a'.repeat(200)}/${'b'.repeat(99)}`;
    expect(await store.writeFile(name, 'text')).toBe(join(root, 'files', name));
  });
});

describe('folders and files', () => {
  let source: string;

  beforeEach(async () => {
    source = join(root, 'source');
    await mkdir(join(source, 'sub'), { recursive: true });
    await writeFile(join(source, 'b.txt'), 'B');
    await writeFile(join(source, 'sub', 'a.txt'), 'A');
  });

  it('adopts a copy of a folder, links to files as files', async () => {
    await symlink(join(source, 'b.txt'), join(source, 'link.txt'));
    const adopted = await store.adoptFolder(source, 'run/policy');
    await rm(source, { recursive: true });
    expect(adopted.path).toBe(join(root, 'folders', 'run', 'policy'));
    expect(await readFile(join(adopted.path, 'link.txt'), 'utf8')).toBe('B');
    expect(await readFile(join(adopted.path, 'sub', 'a.txt'), 'utf8')).toBe('A');
    expect(await readdir(join(root, 'folders', 'run'))).toEqual(['policy']);
  });

  it('lets an equal folder stand and refuses a different one', async () => {
    const first = await store.adoptFolder(source, 'policy');
    expect(await store.adoptFolder(source, 'policy')).toEqual(first);
    await writeFile(join(source, 'b.txt'), 'changed');
    await expect(store.adoptFolder(source, 'policy')).rejects.toMatchObject({ code: 'artifact/conflict' });
    expect(await readFile(join(first.path, 'b.txt'), 'utf8')).toBe('B');
  });

  it('gives two adoptions at once the same folder', async () => {
    const [first, second] = await Promise.all([store.adoptFolder(source, 'p'), store.adoptFolder(source, 'p')]);
    expect(second).toEqual(first);
    expect(await readdir(join(root, 'folders'))).toEqual(['p']);
  });

  it('hashes names as well as bytes', async () => {
    const first = await store.adoptFolder(source, 'p1');
    await rm(join(source, 'b.txt'));
    await writeFile(join(source, 'c.txt'), 'B');
    expect((await store.adoptFolder(source, 'p2')).contentHash).not.toBe(first.contentHash);
  });

  it('says that a folder to adopt is missing', async () => {
    await expect(store.adoptFolder(join(root, 'nowhere'), 'p')).rejects.toMatchObject({ code: 'artifact/missing' });
  });

  it('makes a working folder once and keeps what is in it', async () => {
    const folder = await store.workFolder('run/train');
    await writeFile(join(folder, 'log'), 'x');
    expect(await store.workFolder('run/train')).toBe(folder);
    expect(await readdir(folder)).toEqual(['log']);
  });

  it('replaces a finished file as a whole', async () => {
    await store.writeFile('run/report.html', 'first');
    const path = await store.writeFile('run/report.html', 'second');
    expect(await readFile(path, 'utf8')).toBe('second');
    expect(await readdir(join(root, 'files', 'run'))).toEqual(['report.html']);
  });
});

describe('space', () => {
  it('is reported in bytes', async () => {
    expect(await store.freeBytes()).toBeGreaterThan(0);
  });

  it('is refused below the free bytes to keep, before anything is written', async () => {
    const full = createLocalArtifactStore({ root, minFreeBytes: Number.MAX_SAFE_INTEGER });
    await expect(full.write(newArtifact('run/rows'))).rejects.toMatchObject({ code: 'artifact/no-space' });
    expect(await readdir(root)).toEqual([]);
  });

  it('is not the reason given when the root is a file', async () => {
    const file = join(root, 'file');
    await writeFile(file, '');
    const broken = createLocalArtifactStore({ root: file });
    await expect(broken.write(newArtifact('rows'))).rejects.toMatchObject({ code: 'artifact/unwritable' });
  });
});
