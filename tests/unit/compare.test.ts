// Locks what is said of runs beside each other: budgets, versions, differences of config, and every caution.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareRuns } from '../../domain/report/compare/compare-runs.ts';
import type { OnlineDpoReport } from '../../domain/report/online-dpo/online-dpo-report.ts';
import { makeOnlineDpoReport } from '../support/make-online-dpo-report.ts';
import { runTickloop } from '../support/run-tickloop.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-compare-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const dpo = makeOnlineDpoReport();
const [first, second] = dpo.rounds;
const grpo = makeOnlineDpoReport({
  runName: 'grpo-lab',
  method: 'grpo',
  seed: 8,
  bestRound: 1,
  rounds: first === undefined ? [] : [first],
  evaluations: dpo.evaluations.slice(0, 2),
  config: { loop: 'online-dpo', seed: 8, rounds: 2, store: { root: 'x' }, training: { method: 'grpo' } },
});

describe('runs side by side', () => {
  const { runs, differing, cautions } = compareRuns([dpo, grpo]);

  it('show each version with the rollouts that were sampled by then', () => {
    const sampled = [0, first?.rollouts ?? 0, (first?.rollouts ?? 0) + (second?.rollouts ?? 0)];
    expect(runs[0]?.versions.map((version) => version.sampled)).toEqual(sampled);
    expect(runs[0]?.best).toMatchObject({ round: 2, difference: { mean: 0.2063 } });
    expect(runs[1]?.best).toMatchObject({ round: 1, difference: { mean: 0.125 } });
    expect(runs[0]?.rollouts).toBe(sampled[2]);
  });

  it('name the fields in which they differ, but not where they ran', () => {
    expect(differing).toEqual([
      { field: 'sampling.samplesPerPrompt', values: ['4', 'none'] },
      { field: 'sampling.temperature', values: ['1', 'none'] },
      { field: 'seed', values: ['7', '8'] },
      { field: 'training.method', values: ['none', '"grpo"'] },
    ]);
  });

  it('say why they may not be comparable', () => {
    expect(cautions).toEqual([`The sample budgets differ: ${runs[0]?.rollouts}, ${runs[1]?.rollouts} rollouts.`]);
    const other = makeOnlineDpoReport({
      status: 'stopped',
      confidence: 0.9,
      evaluations: dpo.evaluations.map((evaluation) => ({ ...evaluation, prompts: 3, policyStamp: 'base:other' })),
    });
    const twice =
      'Seed 7 of one config is there 2 times (checklist-lab, checklist-lab): a mean over seeds counts each.';
    expect(compareRuns([dpo, other]).cautions).toEqual([
      'Not finished: checklist-lab.',
      'The runs begin with different policies.',
      'The runs were measured on different numbers of prompts or answers.',
      'The intervals have different confidences.',
      twice,
    ]);
    expect(compareRuns([dpo, dpo]).cautions).toEqual([twice]);
  });
});

describe('runs that differ only in their seed', () => {
  const seeded = (seed: number, changes: Readonly<Record<string, number>>): OnlineDpoReport => {
    const [base, trained] = dpo.evaluations;
    if (base === undefined || trained === undefined) throw new Error('the report has no evaluations');
    const rate = 0.25 + Object.values(changes).reduce((sum, change) => sum + change, 0) / 4;
    return makeOnlineDpoReport({
      runName: `seed-${seed}`,
      seed,
      config: { ...(dpo.config as object), seed, store: { root: `store-${seed}` } },
      evaluations: [
        {
          ...base,
          interval: { mean: 0.25, low: 0, high: 1, n: 4 },
          rates: Object.keys(changes).map((id) => [id, 0.25]),
        },
        {
          ...trained,
          interval: { mean: rate, low: 0, high: 1, n: 4 },
          rates: Object.entries(changes).map(([id, change]) => [id, 0.25 + change]),
        },
      ],
    });
  };
  const one = seeded(1, { a: 0.5, b: 0.25, c: 0.25, d: 0 });
  const two = seeded(2, { a: 0.25, b: 0, c: 0, d: -0.25 });

  it('are taken together prompt by prompt, wherever they ran, and no other run is', () => {
    const { seedGroups } = compareRuns([one, grpo, two]);
    expect(seedGroups).toHaveLength(1);
    const [group] = seedGroups;
    expect(group).toMatchObject({ method: 'dpo', runNames: ['seed-1', 'seed-2'], seeds: [1, 2] });
    expect(compareRuns([one, grpo, two]).runs.map(({ configIndex }) => configIndex)).toEqual([0, 1, 0]);
    const [base, trained] = group?.versions ?? [];
    expect(base).toMatchObject({ round: 0, rate: { mean: 0.25, lowest: 0.25, highest: 0.25 }, difference: null });
    expect(trained).toMatchObject({
      round: 1,
      rate: { mean: 0.375, lowest: 0.25, highest: 0.5 },
      difference: { mean: 0.125, n: 4 },
      differences: { mean: 0.125, lowest: 0, highest: 0.25 },
    });
    // Means of the prompts: 0.375, 0.125, 0.125 and -0.125.
    expect(trained?.difference?.low).toBeCloseTo(-0.0625, 6);
    expect(trained?.difference?.high).toBeCloseTo(0.3125, 6);
  });

  it('are held against each other over the prompts that all of them have a rate of', () => {
    const third = seeded(3, { a: 0.25, b: 0, e: 0.75 });
    const trained = compareRuns([one, two, third]).seedGroups[0]?.versions[1];
    expect(trained?.difference).toMatchObject({ n: 2 });
    expect(trained?.difference?.mean).toBeCloseTo((0.5 + 0.25 + 0.25 + 0.25 + 0 + 0) / 6, 6);
  });

  it('show only versions that all of them measured, and no difference where none is shared', () => {
    const short = { ...two, evaluations: two.evaluations.slice(0, 1) };
    expect(compareRuns([one, short]).seedGroups[0]?.versions.map(({ round }) => round)).toEqual([0]);
    const apart = seeded(4, { x: 0.5, y: 0.5 });
    expect(compareRuns([one, apart]).seedGroups[0]?.versions[1]).toMatchObject({
      difference: null,
      differences: null,
    });
  });

  it('have no group where each config stands alone', () => {
    expect(compareRuns([one, grpo]).seedGroups).toEqual([]);
  });
});

describe('a run with a gold measure', () => {
  it('keeps it apart from the rate, whose difference from the base is shown', () => {
    const gold = { mean: 0.3, low: 0.2, high: 0.4, n: 40 };
    const measured = makeOnlineDpoReport({
      evaluations: dpo.evaluations.map((evaluation) => ({ ...evaluation, gold })),
    });
    const [run] = compareRuns([measured]).runs;
    expect(run?.best).toMatchObject({ rate: { mean: 0.4688 }, gold: { mean: 0.3 }, difference: { mean: 0.2063 } });
  });
});

describe('tickloop compare', () => {
  it('prints a line a run and writes a page in which nothing of a run is markup', async () => {
    const hostile = { ...grpo, runName: '<script>alert(1)</script>' };
    await writeFile(join(folder, 'a.json'), JSON.stringify(dpo));
    await writeFile(join(folder, 'b.json'), JSON.stringify(hostile));
    const out = join(folder, 'page.html');
    const { code, stdout } = await runTickloop([
      'compare',
      join(folder, 'a.json'),
      join(folder, 'b.json'),
      '--out',
      out,
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('checklist-lab (dpo): 0.26 -> 0.39 -> 0.47; returns round 2, +0.21 [0.10, 0.31]');
    const page = await readFile(out, 'utf8');
    expect(page).not.toContain('<script');
    expect(page).toContain('Held-out rate over rollouts sampled: checklist-lab 0.26, 0.39, 0.47;');
    expect(page).not.toContain('Over seeds');
  });

  it('says what the mean over seeds is, on a line and on the page', async () => {
    const out = join(folder, 'page.html');
    await writeFile(join(folder, 'a.json'), JSON.stringify(dpo));
    await writeFile(
      join(folder, 'b.json'),
      JSON.stringify({ ...dpo, runName: 'lab-8', seed: 8, config: { ...(dpo.config as object), seed: 8 } }),
    );
    const { code, stdout } = await runTickloop([
      'compare',
      join(folder, 'a.json'),
      join(folder, 'b.json'),
      '--out',
      out,
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'mean over seeds 7, 8 (dpo): 0.26 -> 0.39 -> 0.47; round 2 +0.21 [0.21, 0.21] over 40 prompts, seeds from +0.21 to +0.21',
    );
    expect(await readFile(out, 'utf8')).toContain('dpo, seeds 7, 8 (checklist-lab, lab-8)');
  });

  it('leaves without a word when its reader does, and has written the page', async () => {
    const [report, out] = [join(folder, 'report.json'), join(folder, 'page.html')];
    await writeFile(report, JSON.stringify(dpo));
    const child = spawn(process.execPath, ['cli/tickloop.mjs', 'compare', report, '--out', out]);
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stderr).toBe('');
    expect(await readFile(out, 'utf8')).toContain('</html>');
  });

  it('finds the report in the folder that a run names', async () => {
    await writeFile(join(folder, 'report.json'), JSON.stringify(dpo));
    expect(await runTickloop(['compare', folder])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('checklist-lab (dpo): 0.26 -> 0.39 -> 0.47') as unknown,
    });
    const empty = join(folder, 'empty');
    await mkdir(empty);
    expect((await runTickloop(['compare', empty])).stderr).toContain(
      `The report ${join(empty, 'report.json')} can't be read (ENOENT): name the report folder`,
    );
  });

  const { bestRound: _bestRound, ...withoutBest } = dpo;
  const withoutRates = { ...dpo, evaluations: dpo.evaluations.map(({ rates: _rates, ...evaluation }) => evaluation) };

  it.each([
    ['what its run returned, instead of calling it the base', withoutBest],
    ['the rate of each prompt', withoutRates],
  ])('refuses a report that does not say %s', async (_what, old) => {
    const path = join(folder, 'old.json');
    await writeFile(path, JSON.stringify(old));
    const { code, stdout, stderr } = await runTickloop(['compare', path]);
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toContain(`${path} was written by an earlier tickloop`);
    expect(stderr).toContain('tickloop report checklist-lab');
  });

  it('refuses a file that is no report, with its name', async () => {
    const path = join(folder, 'other.json');
    await writeFile(path, '{"formatVersion":1,"loop":"refine"}');
    const { code, stderr } = await runTickloop(['compare', path]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(`${path} is no report of online training (loop: "refine")`);
  });
});
