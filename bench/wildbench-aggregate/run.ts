// What it takes to aggregate WildBench judgments, beside reading them and nothing else; see README.md.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { readRows } from '../../cli/wildbench/read-rows.ts';
import { readTags } from '../../cli/wildbench/read-tags.ts';
import { scoreRow } from '../../configs/schema/wildbench-rows.ts';
import { aggregateScores, bootstrapMacroScore, bootstrapScore } from '../../domain/wildbench/score.ts';
import { makeJudgments } from './judgments.ts';

const COMMAND = fileURLToPath(new URL('../../cli/tickloop.mjs', import.meta.url));
const RESAMPLES = 1000;
const run = promisify(execFile);

const { values } = parseArgs({
  options: {
    judgments: { type: 'string', default: '10000' },
    repeats: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
  },
});
const [count, repeats, seed] = [values.judgments, values.repeats, values.seed].map((text) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--judgments, --repeats and --seed are whole numbers of at least 1, not ${text}.`);
  return value;
}) as [number, number, number];

const folder = await mkdtemp(join(tmpdir(), 'tickloop-aggregate-'));
try {
  const [judgments, tags] = [join(folder, 'judgments.jsonl'), join(folder, 'tags.jsonl')];
  const made = makeJudgments(count, seed);
  await writeFile(judgments, made.judgments);
  await writeFile(tags, made.tags);

  const parseOnly = async (): Promise<void> => {
    for (const path of [judgments, tags]) {
      for (const line of (await readFile(path, 'utf8')).split('\n')) if (line !== '') JSON.parse(line);
    }
  };
  const aggregate = async () => {
    const rows = (await readRows(judgments, scoreRow)).map(({ row }) => row);
    const groups = await readTags(tags);
    return { rows, groups, summary: aggregateScores(rows, 'upstream', groups) };
  };
  const withIntervals = async (): Promise<void> => {
    const { rows, groups } = await aggregate();
    const options = { resamples: RESAMPLES, confidence: 0.95, seed };
    bootstrapScore(rows, 'upstream', options);
    bootstrapMacroScore(rows, 'upstream', groups, options);
  };
  const command = (...extra: readonly string[]) =>
    run(process.execPath, [COMMAND, 'wildbench', 'score', '--judgments', judgments, '--tags', tags, ...extra]);

  const sides: readonly (readonly [name: string, work: () => Promise<unknown>])[] = [
    ['read and JSON.parse only', parseOnly],
    ['read, check, aggregate by groups', aggregate],
    [`the same with intervals of ${RESAMPLES} resamples`, withIntervals],
    ['tickloop --version (start-up)', () => run(process.execPath, [COMMAND, '--version'])],
    ['tickloop wildbench score --resamples 0', () => command('--resamples', '0')],
    [`tickloop wildbench score --resamples ${RESAMPLES}`, () => command('--resamples', String(RESAMPLES))],
  ];
  const times = new Map(sides.map(([name]) => [name, [] as number[]]));
  // In turns, so that whatever else the machine does falls on all of them.
  for (let turn = 0; turn < repeats; turn += 1) {
    for (const [name, work] of sides) {
      const began = performance.now();
      await work();
      times.get(name)?.push(performance.now() - began);
    }
  }
  const rows = [...times].map(([name, all]) => ({ name, all: all.toSorted((a, b) => a - b) }));
  const medianOf = (all: readonly number[]): number => all[Math.floor((all.length - 1) / 2)] ?? Number.NaN;
  const parsed = medianOf(rows[0]?.all ?? []);
  console.log(`${count} judgments, ${repeats} turns: median, least and most in ms; ratio to reading and parsing alone`);
  for (const { name, all } of rows) {
    const numbers = [medianOf(all), all[0] ?? Number.NaN, all.at(-1) ?? Number.NaN].map((ms) =>
      ms.toFixed(0).padStart(6),
    );
    console.log(`${name.padEnd(44)} ${numbers.join(' ')}  x${(medianOf(all) / parsed).toFixed(1)}`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
