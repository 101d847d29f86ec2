// Locks that every mistake in a config is named with its place, and that what overrides the file is named as itself.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../cli/load-config.ts';

const LINES = [
  'loop: online-dpo',
  'data:',
  '  train: train.jsonl',
  '  heldOut: held-out.jsonl',
  'policy:',
  '  baseUrl: http://127.0.0.1:8011',
  '  model: base',
  '  modelPath: models/base',
];

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-config-'));
  path = join(folder, 'my-run.yaml');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (lines: readonly string[]) => writeFile(path, lines.map((line) => `${line}\n`).join(''));

/** Message of the error that loading ends with. */
async function mistakesOf(lines: readonly string[], sets: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  await write(lines);
  return loadConfig(path, sets, env).then(
    () => 'no mistake',
    (error: { readonly code: string; readonly message: string }) => {
      expect(error.code).toBe('config/invalid');
      return error.message;
    },
  );
}

describe('loadConfig', () => {
  it('fills in every default and names the run after the file', async () => {
    await write(LINES);
    const { config, defaultName, configHash } = await loadConfig(path, [], {});
    expect(defaultName).toBe('my-run');
    expect(configHash).toMatch(/^[0-9a-f]{64}$/);
    expect(config).toMatchObject({
      seed: 1,
      rounds: 1,
      policy: { timeoutMs: 300_000, callsInFlight: 16 },
      sampling: { samplesPerPrompt: 8, samplesPerCall: 4, temperature: 1, topP: 1, topK: 0, minP: 0 },
      selection: { minMargin: 0.25, maxPairsPerPrompt: 1 },
      temporal: { address: '127.0.0.1:7233', namespace: 'default', taskQueue: 'tickloop' },
    });
  });

  it('names file, line and field of every mistake', async () => {
    const message = await mistakesOf([
      ...LINES,
      'sampling:',
      '  temprature: 1',
      '  temperature: hot',
      'rounds: 0',
      'colour: red',
    ]);
    expect(message.split('\n').toSorted()).toEqual([
      `${path}:10: sampling.temprature: no such field`,
      `${path}:11: sampling.temperature: Invalid input: expected number, received string`,
      `${path}:12: rounds: Too small: expected number to be >=1`,
      `${path}:13: colour: no such field`,
    ]);
  });

  it('takes no password in an address, and does not repeat it', async () => {
    const lines = LINES.map((line) => line.replace('//127', '//me:s3cret@127'));
    const message = await mistakesOf(lines);
    expect(message).toContain(`${path}:6: policy.baseUrl: must hold no user or password, since it is recorded`);
    expect(message).not.toContain('s3cret');
    // BOLT's rounds share the address, and would say the same again.
    const bolt = lines.map((line) => line.replace('online-dpo', 'bolt'));
    const ofBolt = await mistakesOf([...bolt, 'curation: { queries: [queries.jsonl] }']);
    expect(ofBolt).toBe(message);
  });

  it('names a missing field at what is around it', async () => {
    expect(await mistakesOf(LINES.filter((line) => !line.includes('train:')))).toBe(
      `${path}:3: data.train: must be the path of a JSONL file, or { dataset: <name of a run> }`,
    );
  });

  it('names the field when two fields do not fit together', async () => {
    expect(await mistakesOf([...LINES, 'sampling:', '  samplesPerPrompt: 6', '  samplesPerCall: 4'])).toBe(
      `${path}:11: sampling.samplesPerCall: samplesPerPrompt (6) must be a multiple of samplesPerCall (4)`,
    );
    expect(await mistakesOf([...LINES, 'sampling:', '  temperature: 0'])).toBe(
      `${path}:10: sampling.temperature: temperature 0 would draw the same answer 8 times; raise it or set samplesPerPrompt to 1`,
    );
  });

  it('names the line that is not YAML', async () => {
    expect(await mistakesOf([...LINES, 'sampling: [1, 2'])).toMatch(/my-run\.yaml:(9|10): not YAML: /);
    expect(await mistakesOf([...LINES, 'loop: online-dpo'])).toBe(
      `${path}:9: not YAML: Map keys must be unique at line 9, column 1:`,
    );
  });

  it.each([
    ['is empty', []],
    ['is one word', ['hello']],
    ['is a list', ['- a']],
  ])('refuses a file that %s', async (_what, lines) => {
    expect(await mistakesOf(lines)).toContain(`${path}:1: `);
    expect(await mistakesOf(lines, ['seed=3'], { TICKLOOP_VLLM_URL: 'http://127.0.0.1:1' })).toContain(path);
  });

  it('lets the environment override the file and --set override both', async () => {
    await write(LINES);
    const env = {
      TEMPORAL_ADDRESS: 'temporal:7233',
      TEMPORAL_NAMESPACE: 'loops',
      TICKLOOP_VLLM_URL: 'http://vllm:8000',
      TICKLOOP_MODEL_PATH: '/models/base',
    };
    const sets = ['temporal.namespace=mine', 'sampling.temperature=0.8', 'training=null', 'policy.model=a=b'];
    const { config } = await loadConfig(path, sets, env);
    expect(config.temporal).toEqual({ address: 'temporal:7233', namespace: 'mine', taskQueue: 'tickloop' });
    expect(config.policy).toMatchObject({ baseUrl: 'http://vllm:8000', modelPath: '/models/base', model: 'a=b' });
    expect(config).toMatchObject({ sampling: { temperature: 0.8 }, training: null });
  });

  it('names --set and the environment where the mistake is theirs', async () => {
    expect(await mistakesOf(LINES, ['sampling.temperature=hot'])).toBe(
      '--set sampling.temperature=hot: sampling.temperature: Invalid input: expected number, received string',
    );
    expect(await mistakesOf(LINES, ['sampling.colour=red'])).toBe(
      '--set sampling.colour=red: sampling.colour: no such field',
    );
    expect(await mistakesOf(LINES, [], { TICKLOOP_VLLM_URL: 'nowhere' })).toBe(
      'TICKLOOP_VLLM_URL: policy.baseUrl: Invalid URL',
    );
  });

  it('names --set when it brings in a section that does not exist', async () => {
    expect(await mistakesOf(LINES, ['smapling.temperature=1'])).toBe(
      '--set smapling.temperature=1: smapling: no such field',
    );
  });

  it.each(['temperature', '=1'])('refuses --set %s, which is no field=value', async (set) => {
    expect(await mistakesOf(LINES, [set])).toBe(
      `--set ${set}: write it as --set field=value, for example --set sampling.temperature=0.8`,
    );
  });

  it('names a --set whose value is not YAML', async () => {
    expect(await mistakesOf(LINES, ['seed=[1'])).toContain('--set seed=[1: the value is not YAML: ');
  });

  it.each(['__proto__.a=1', 'a.__proto__.b=1', '__proto__=1', 'constructor.prototype.a=1'])(
    'does not let --set %s reach beyond the config',
    async (set) => {
      expect(await mistakesOf(LINES, [set])).toContain(`--set ${set}: `);
      expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
      expect(Object.hasOwn(Object.prototype, 'b')).toBe(false);
    },
  );

  it('says that a file cannot be read', async () => {
    await expect(loadConfig(path, [], {})).rejects.toMatchObject({
      code: 'config/unreadable',
      message: `The config file ${path} can't be read (ENOENT).`,
    });
  });

  it('gives equal configs equal hashes, however they are written', async () => {
    await write(LINES);
    const plain = await loadConfig(path, [], {});
    await write(['# a comment', 'seed: 1', ...LINES.slice(4), ...LINES.slice(0, 4), 'sampling: { temperature: 1.0 }']);
    expect((await loadConfig(path, [], {})).configHash).toBe(plain.configHash);
    expect((await loadConfig(path, ['seed=2'], {})).configHash).not.toBe(plain.configHash);
  });
});
