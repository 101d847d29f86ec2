import { describe, expect, it } from 'vitest';
import { mergeProgress, type PendingActivity } from '../../cli/merge-progress.ts';
import { NOTHING_DONE, type ActivityProgress } from '../../domain/activity-progress.ts';
import { initialProgress, type LoopProgress } from '../../domain/loop-progress.ts';
import { NO_COUNTS, type Evaluation } from '../../domain/run.ts';

function makeLoop(overrides: Partial<LoopProgress> = {}): LoopProgress {
  return { ...initialProgress('online-dpo', { stage: 'evaluate', round: 1, rounds: 2 }), ...overrides };
}

function makePending(type: string, progress: Partial<ActivityProgress>): PendingActivity {
  return { type, attempt: 1, isWaiting: false, progress: { ...NOTHING_DONE, ...progress }, lastFailure: null };
}

function makeEvaluation(round: number, tokens: number | null): Evaluation {
  const kl = tokens === null ? {} : { kl: { reference: 'base', k1: null, k3: null, answers: 1, tokens } };
  return { round, policy: `v${round}`, interval: null, gold: null, lengthChars: null, distinctness: null, ...kl };
}

describe('the progress of a run', () => {
  it('counts what a reference scores apart from the calls, and goes by its tokens meanwhile', () => {
    const run = makeLoop({
      part: 'divergence',
      counts: { ...NO_COUNTS, calls: 100, judgeCalls: 78 },
      evaluations: [makeEvaluation(0, null), makeEvaluation(1, 500)],
    });
    const pending = [makePending('measureKl', { done: 403, total: 1113, calls: 403, reported: 0 })];
    expect(mergeProgress('lab', [run], pending)).toMatchObject({
      stageDone: 403,
      stageTotal: 1113,
      calls: 178,
      unreportedCalls: 0,
      scored: 903,
    });
  });

  it('keeps what was scored while no evaluation tells of it yet', () => {
    const run = makeLoop({ part: 'tasks', scored: 64, evaluations: [makeEvaluation(1, 36)] });
    expect(mergeProgress('lab', [run], []).scored).toBe(100);
  });

  it('adds answers and judgments in flight to those of tasks, and never says more than were planned', () => {
    const tasks = makeLoop({ part: 'tasks', done: 4, total: 16 });
    const pending = [makePending('respond', { done: 2, total: 4 }), makePending('judgeTasks', { done: 7, total: 12 })];
    expect(mergeProgress('lab', [makeLoop(), tasks], pending)).toMatchObject({ stageDone: 13, stageTotal: 16 });
    const more = [makePending('judgeTasks', { done: 40, total: 40 })];
    expect(mergeProgress('lab', [makeLoop(), tasks], more).stageDone).toBe(16);
  });

  it('adds to the answers of held-out prompts only what draws them', () => {
    const window = makeLoop({ part: 'held-out', done: 8, total: 16 });
    const pending = [makePending('judge', { done: 8, total: 8, calls: 30 }), makePending('respond', { done: 3 })];
    expect(mergeProgress('lab', [window], pending)).toMatchObject({ stageDone: 11, calls: 30 });
  });

  it('counts calls while thoughts are drawn and queries while they are labelled', () => {
    const drawing = makeLoop({ stage: 'bootstrap', done: 8, total: 40 });
    expect(mergeProgress('lab', [drawing], [makePending('drawThoughts', { done: 5, total: 8 })]).stageDone).toBe(13);
    const curating = makeLoop({ stage: 'curate', done: 2, total: 10 });
    expect(mergeProgress('lab', [curating], [makePending('labelQueries', { done: 3, total: 4 })]).stageDone).toBe(5);
  });

  it('shows how much of an inventory is done as far as its step knows, and nothing before', () => {
    const naming = makeLoop({ stage: 'inventory' });
    const pending = makePending('buildInventory', { done: 2, total: 5, calls: 3 });
    expect(mergeProgress('lab', [naming], [pending])).toMatchObject({ stageDone: 2, stageTotal: 5, calls: 3 });
    expect(mergeProgress('lab', [naming], [])).toMatchObject({ stageDone: 0, stageTotal: 0 });
  });

  it('counts pairs while they are written', () => {
    const writing = makeLoop({ stage: 'generate', done: 3, total: 12 });
    expect(mergeProgress('lab', [writing], [makePending('generateSkillmix', { done: 2, total: 3 })]).stageDone).toBe(5);
  });

  it('adds the share of a step of which a shard has done a part', () => {
    const refining = makeLoop({ stage: 'refine', done: 3, total: 8 });
    const halves = [makePending('judge', { done: 2, total: 4 }), makePending('rewrite', { done: 2, total: 4 })];
    expect(mergeProgress('lab', [refining], halves).stageDone).toBe(4);
  });

  it('tells calls without token counts from those that reported them', () => {
    const run = makeLoop({ counts: { ...NO_COUNTS, judgeCalls: 9, unreportedUsage: 2 } });
    const judging = makePending('judge', { calls: 10, reported: 4 });
    const { reported: _all, ...older } = { ...NOTHING_DONE, calls: 5 };
    const asBefore = { ...makePending('writeChecklists', {}), progress: older };
    expect(mergeProgress('lab', [run], [judging, asBefore]).unreportedCalls).toBe(8);
  });

  it('shows the evaluations of a child that is still at work, each version once', () => {
    const run = makeLoop({ evaluations: [makeEvaluation(0, null), makeEvaluation(1, null)] });
    const child = makeLoop({ evaluations: [makeEvaluation(1, null), makeEvaluation(2, 30)] });
    const merged = mergeProgress('lab', [run, child], []);
    expect(merged.evaluations.map(({ round }) => round)).toEqual([0, 1, 2]);
    expect(merged.scored).toBe(30);
  });
});
