// Locks what is left of a training when its result is safe.
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { discardWorkingCopies } from '../../clients/trainer-folder.ts';

let root: string;
/** Some levels down: what climbs out of it by mistake is still within the test's own folder. */
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tickloop-training-'));
  folder = join(root, 'store/work/training');
  for (const file of [
    'result.json',
    'events.jsonl',
    'adapter/adapter_model.safetensors',
    'weights/model.safetensors',
    'checkpoints/checkpoint-5/optimizer.pt',
    'checkpoints/checkpoint-7/optimizer.pt',
    'checkpoints/checkpoint-7/model.safetensors',
    'checkpoints/set-aside/checkpoint-6/model.safetensors',
  ]) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), '');
  }
});
afterEach(() => rm(root, { recursive: true, force: true }));

const filesLeft = async () =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(folder.length + 1))
    .toSorted();

it('removes weights and checkpoints, and keeps what tells how it went', async () => {
  await discardWorkingCopies(folder, null);
  expect(await filesLeft()).toEqual(['events.jsonl', 'result.json']);
  // A second life of the activity does the same again.
  await discardWorkingCopies(folder, null);
  expect(await filesLeft()).toEqual(['events.jsonl', 'result.json']);
});

it('keeps the state of the optimizer where a later training goes on with it', async () => {
  const optimizer = join(folder, 'checkpoints/checkpoint-7/optimizer.pt');
  await discardWorkingCopies(folder, optimizer);
  const left = ['checkpoints/checkpoint-7/optimizer.pt', 'events.jsonl', 'result.json'];
  expect(await filesLeft()).toEqual(left);
  await discardWorkingCopies(folder, optimizer);
  expect(await filesLeft()).toEqual(left);
});

it('minds no folder that somebody else has removed', async () => {
  await rm(join(folder, 'checkpoints'), { recursive: true });
  await discardWorkingCopies(folder, join(folder, 'checkpoints/checkpoint-7/optimizer.pt'));
  expect(await filesLeft()).toEqual(['events.jsonl', 'result.json']);
});

// What a trainer writes is not trusted: a path that leads out of its folder must not have anything removed there.
it.each([
  'optimizer.pt',
  'checkpoints/optimizer.pt',
  'checkpoints/../optimizer.pt',
  'checkpoints/../../optimizer.pt',
  '../../others/state/optimizer.pt',
  'checkpoints/linked/optimizer.pt',
])('leaves checkpoints and all around them alone where the state is said to be at %s', async (place) => {
  const neighbours = ['store/work/optimizer.pt', 'store/work/other-run.json', 'store/others/state/model.safetensors'];
  for (const file of neighbours) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), '');
  }
  await symlink(join(root, 'store/others/state'), join(folder, 'checkpoints/linked'));
  const before = (await filesLeft()).filter((file) => !/^(adapter|weights)\//.test(file));
  await discardWorkingCopies(folder, `${folder}/${place}`);
  expect(await filesLeft()).toEqual(before);
  for (const file of neighbours) await expect(stat(join(root, file))).resolves.toBeDefined();
});
