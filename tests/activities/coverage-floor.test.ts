// Locks that a measured pass rate on too few decided items is undecided: counted, and in no mean, at any stage that measures.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { groupPassRate } from '../../activities/rounds/evaluate.ts';
import { readArtifact } from '../../activities/artifacts/read-artifact.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import type { JudgedGroup } from '../../domain/rollout.ts';
import type { SampleStage, ShardTask } from '../../domain/run.ts';
import { makePrompt, startActivityBench } from '../support/activity-bench.ts';
import { startScriptedModelServer } from '../support/scripted-model-server.ts';

/** Rule n is met, unless its question says that nobody can tell. */
const judgeReply = (prompt: string): string =>
  prompt.includes('unclear?') ? 'It depends.' : `Looked.\nVERDICT: ${prompt.includes('rule 0') ? 'NO' : 'YES'}`;

const makeRow = (promptId: string, decided: number, unclear: number): PromptRow =>
  makePrompt(promptId, `Follow the rules of ${promptId}`, {
    checklist: [
      ...Array.from({ length: decided }, (_, item) => ({ question: `Is rule ${item} of ${promptId} met?` })),
      ...Array.from({ length: unclear }, (_, item) => ({ question: `Is item ${item} of ${promptId} unclear?` })),
    ],
  });

let bench: Awaited<ReturnType<typeof startActivityBench>>;
let judge: Awaited<ReturnType<typeof startScriptedModelServer>>;
beforeEach(async () => {
  bench = await startActivityBench({ answer: () => 'an answer' });
  judge = await startScriptedModelServer({ deterministic: { answer: judgeReply, model: 'judge' } });
});
afterEach(async () => {
  await bench.close();
  await judge.close();
});

async function judgeStage(stage: SampleStage, evaluation: object = {}) {
  const rows = [makeRow('whole', 5, 0), makeRow('just-enough', 4, 1), makeRow('too-little', 3, 1)];
  await bench.writePrompts('held-out', rows);
  await bench.writePrompts(
    'train',
    rows.map((row) => ({ ...row, messages: [{ role: 'user', content: `Train ${row.promptId}` }] })),
  );
  const opened = await bench.open({
    sampling: { samplesPerPrompt: 2, samplesPerCall: 2 },
    evaluation: { samplesPerPrompt: 2, samplesPerCall: 2, ...evaluation },
    judge: { baseUrl: judge.baseUrl, model: 'judge', attempts: 1 },
  });
  const task: ShardTask = { run: bench.run, stage, round: 1, shard: 0, policy: opened.basePolicy };
  await bench.respond(task);
  const counts = await bench.judge(task);
  const { rows: groups } = await readArtifact<JudgedGroup>(bench.store, `test/round-001/${stage}/judged/shard-000`);
  return { counts, rates: new Map(groups.map((group) => [group.promptId, groupPassRate(group)])) };
}

describe('the coverage floor', () => {
  it('leaves an evaluated answer below it without a pass rate, in no mean, and its verdicts counted', async () => {
    const { counts, rates } = await judgeStage('evaluate');
    // whole: 4 of 5 yes; just enough: 3 of 4 yes at 4 of 5 decided; too little: 3 of 4 decided are under 0.8.
    expect(rates.get('whole')).toBe(0.8);
    expect(rates.get('just-enough')).toBe(0.75);
    expect(rates.get('too-little')).toBeUndefined();
    // Two answers a prompt: yes 2 (4 + 3 + 2), no 2 * 3, unparsed 2 (0 + 1 + 1); 4 of 6 answers have a rate.
    expect(counts).toMatchObject({ yes: 18, no: 6, unparsed: 4, rollouts: 6, passRateCount: 4, passRateSum: 3.1 });
  });

  it('is lifted by the option', async () => {
    const { counts, rates } = await judgeStage('evaluate', { minCoverage: 0.75 });
    expect(rates.get('too-little')).toBe(2 / 3);
    expect(counts.passRateCount).toBe(6);
  });

  it('is not asked of what steers', async () => {
    const { rates } = await judgeStage('sample');
    expect(rates.get('too-little')).toBe(2 / 3);
  });
});
