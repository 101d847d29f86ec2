// Locks what a server is never given: vLLM breaks on a wrong folder, or keeps old weights where new ones are missing.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkCheckpoint } from '../../clients/check-checkpoint.ts';
import { writeCheckpoint, type CheckpointChanges } from '../support/write-checkpoint.ts';

let folder: string;
let base: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-checkpoint-'));
  base = join(folder, 'base');
  path = join(folder, 'round-1');
  await writeCheckpoint(base);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a checkpoint that is to replace the base model', () => {
  it.each([
    ['the same shape', {}],
    ['another precision and library', { config: { dtype: 'float32', transformers_version: '9', rope_theta: 1 } }],
    [
      'a head of its own that is tied to the embeddings',
      { tensors: { 'model.embed_tokens.weight': [3, 2], 'lm_head.weight': [3, 2] } },
    ],
  ] satisfies readonly (readonly [string, CheckpointChanges])[])('passes with %s', async (_what, changes) => {
    await writeCheckpoint(path, changes);
    await checkCheckpoint(path, base);
  });

  it.each([
    ['another width', { config: { hidden_size: 4 } }, /config\.json has hidden_size 4 and that of the base .* has 2/],
    ['a tensor too few', { tensors: {} }, /lacks the tensor model\.embed_tokens\.weight, which would stay/],
    ['a tensor of another shape', { tensors: { 'model.embed_tokens.weight': [2, 3] } }, /is 2 x 3, .* is 3 x 2/],
    [
      'a tensor too many',
      { tensors: { 'model.embed_tokens.weight': [3, 2], 'model.norm.weight': [2] } },
      /has a tensor model\.norm\.weight that the base model/,
    ],
    ['its end cut off', { cutBytes: 1 }, /model\.safetensors can't be read \(it has \d+ bytes and its header asks for/],
  ] satisfies readonly (readonly [string, CheckpointChanges, RegExp])[])(
    'is refused with %s',
    async (_what, changes, why) => {
      await writeCheckpoint(path, changes);
      const checked = checkCheckpoint(path, base);
      await expect(checked).rejects.toMatchObject({ code: 'adapter/load-refused', retryable: false });
      await expect(checked).rejects.toThrow(why);
      await expect(checked).rejects.toThrow(/The weights in service were not touched\.$/);
    },
  );

  it('is refused where it is not there, is no safetensors file, or is named by a relative path', async () => {
    await expect(checkCheckpoint(path, base)).rejects.toThrow(/round-1\/config\.json can't be read \(ENOENT\)/);
    await writeCheckpoint(path);
    await writeFile(join(path, 'model.safetensors'), 'version https://git-lfs.github.com/spec/v1\n');
    await expect(checkCheckpoint(path, base)).rejects.toThrow(/it is no safetensors file, or is cut/);
    await expect(checkCheckpoint(relative(process.cwd(), path), base)).rejects.toThrow(/path is not absolute/);
  });
});
