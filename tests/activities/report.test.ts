import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReportActivities } from '../../activities/runs/report.ts';
import { configArtifactName, createRunServicesProvider } from '../../activities/run-services.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import { createLocalLedgerStore } from '../../clients/local-call-ledger.ts';
import { runConfig } from '../../configs/schema/run-config.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import type { RunReport } from '../../domain/report/run-report.ts';
import type { RunRef } from '../../domain/run.ts';
import { inActivity } from '../support/activity-bench.ts';
import { makeCandidate, makeRefinement, makeSelection, makeTurn } from '../support/make-loop-rows.ts';

const POLICY = { baseUrl: 'http://127.0.0.1:9', model: 'small' };

let folder: string;
let run: RunRef;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-report-'));
  run = { runName: 'test', storeRoot: folder, configHash: '0'.repeat(64) };
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, rows: readonly object[], summary: Readonly<Record<string, JsonValue>> = {}) {
  await createLocalArtifactStore({ root: folder }).write({
    name: `test/${name}`,
    schema: 'row',
    step: 'test',
    parents: [],
    configHash: run.configHash,
    policy: null,
    shards: [rows],
    summary,
  });
}

/** Makes calls in a ledger: so many answered, and one that failed where told so. */
async function makeCalls(scope: string, answered: number, hasFailure = false): Promise<void> {
  const ledger = await createLocalLedgerStore({ root: folder }).open(`test/${scope}`);
  for (let call = 0; call < answered; call += 1) {
    await ledger.begin(`${call}`);
    await ledger.complete(`${call}`, {});
  }
  if (hasFailure) {
    await ledger.begin('failed');
    await ledger.fail('failed', 'model-server/timeout');
  }
  await ledger.close();
}

async function report(config: object): Promise<RunReport> {
  const parsed = runConfig.parse({
    data: { prompts: 'prompts.jsonl' },
    policy: POLICY,
    evaluation: { resamples: 100 },
    ...config,
  });
  await write(configArtifactName(run).slice('test/'.length), [{ config: parsed }]);
  const provider = createRunServicesProvider({});
  const { writeReport } = createReportActivities(provider);
  const input = { run, status: 'stopped', statusReason: 'stopped by request', startedAtMs: 0 } as const;
  const { reportJson, reportHtml } = await inActivity(() => writeReport(input));
  expect(await readFile(reportHtml, 'utf8')).toContain('<h1>test</h1>');
  await provider.close();
  return JSON.parse(await readFile(reportJson, 'utf8')) as RunReport;
}

describe('writeReport', () => {
  it('reports self-refinement of the finished shards, with the calls of all shards', async () => {
    await write('data/prompts/prompts/shard-000', [{ promptId: 'a' }]);
    await write('data/prompts/prompts/shard-001', [{ promptId: 'b' }, { promptId: 'c' }]);
    await write('refine/results/shard-000', [makeRefinement('a', [makeTurn(0, 'yn', 'nn'), makeTurn(1, 'yy', 'yn')])]);
    await write('answer/rollouts/shard-000', [], { calls: 1, promptTokens: 30, completionTokens: 12 });
    await makeCalls('answer/rollouts/shard-000', 1);
    // The manifest of verdicts repeats what the answers have cost; the judge's own numbers stand beside it.
    await write('answer/judged/shard-000', [], {
      calls: 1,
      promptTokens: 30,
      judgeCalls: 3,
      judgePromptTokens: 200,
      judgeCompletionTokens: 40,
      unreportedUsage: 1,
    });
    await makeCalls('answer/judged/shard-000', 2, true);
    await makeCalls('answer/rollouts/shard-001', 2);
    await makeCalls('refine/turn-001/rollouts/shard-000', 1);
    const written = await report({ loop: 'refine', judge: POLICY, refine: { turns: 1 } });

    expect(written).toMatchObject({
      loop: 'refine',
      status: 'stopped',
      promptsInSet: 3,
      turnLimit: 1,
      advantage: null,
    });
    expect(written.calls).toEqual([
      // 3 answered, of which the manifests tell of 1: what is known of the tokens is too little.
      {
        stage: 'answer/rollouts',
        sent: 3,
        answered: 3,
        failed: 0,
        lost: 0,
        promptTokens: null,
        completionTokens: null,
      },
      { stage: 'answer/judged', sent: 3, answered: 2, failed: 1, lost: 0, promptTokens: 200, completionTokens: 40 },
      {
        stage: 'refine/turn-001/rollouts',
        sent: 1,
        answered: 1,
        failed: 0,
        lost: 0,
        promptTokens: null,
        completionTokens: null,
      },
    ]);
    if (written.loop !== 'refine') throw new Error('the report is of another loop');
    expect(written.judging).toMatchObject({ steeredBy: 'policy', judges: ['small'] });
    // gold of a: 0 of 2, then 1 of 2
    expect(written.loops[0]?.turns.map(({ gold }) => gold?.mean)).toEqual([0, 0.5]);
    expect(written.samples.map(({ refinement }) => refinement.promptId)).toEqual(['a']);
  });

  it('reports Best-of-N', async () => {
    await write('data/prompts/prompts/shard-000', [{ promptId: 'a' }]);
    const candidates = [makeCandidate(0, 'nn', 'nn'), makeCandidate(1, 'yy', 'yn')];
    await write('candidates/results/shard-000', [
      makeSelection('a', candidates, { tied: [1], chosen: 1, decidedBy: 'pass-rate' }),
    ]);
    await write('candidates/rollouts/shard-000', [], { calls: 1, promptTokens: 30, completionTokens: 24 });
    await makeCalls('candidates/rollouts/shard-000', 1);
    const written = await report({
      loop: 'best-of-n',
      judge: { ...POLICY, model: 'judge' },
      sampling: { samplesPerPrompt: 2, samplesPerCall: 2 },
    });
    expect(written).toMatchObject({ loop: 'best-of-n', samplesPerPrompt: 2, judging: { steeredBy: 'other' } });
    expect(written.calls).toEqual([
      {
        stage: 'candidates/rollouts',
        sent: 1,
        answered: 1,
        failed: 0,
        lost: 0,
        promptTokens: 30,
        completionTokens: 24,
      },
    ]);
    if (written.loop !== 'best-of-n') throw new Error('the report is of another loop');
    // chosen 1/2, random (0 + 1/2) / 2, oracle 1/2
    expect(written.arms.map(({ arm, interval }) => [arm, interval?.mean])).toEqual([
      ['best-of-n', 0.5],
      ['random-of-n', 0.25],
      ['oracle-of-n', 0.5],
    ]);
  });
});
