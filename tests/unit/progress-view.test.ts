import { describe, expect, it } from 'vitest';
import { createProgressView, wantsColor } from '../../cli/progress-view.ts';
import { createRateMeter, timeLeftMs } from '../../cli/rate-meter.ts';
import { cutPieces, displayWidth, stripControls } from '../../cli/terminal-text.ts';
import { LOOP_STAGES, type RunProgress } from '../../domain/run-progress.ts';

const ESCAPE = '\u001b';

function makeProgress(overrides: Partial<RunProgress> = {}): RunProgress {
  return {
    runName: 'lab',
    status: 'running',
    stages: LOOP_STAGES['online-dpo'],
    stage: 'sample',
    part: null,
    round: 1,
    rounds: 2,
    stageDone: 0,
    stageTotal: 48,
    calls: 0,
    promptTokens: 0,
    completionTokens: 0,
    unreportedCalls: 0,
    scored: 0,
    passRate: null,
    evaluations: [{ round: 0, mean: 0.26 }],
    training: null,
    awaits: null,
    note: null,
    ...overrides,
  };
}

function makeView(isTty: boolean, columns = 80, color = false) {
  const writes: string[] = [];
  const stream = { columns, write: (text: string) => writes.push(text) };
  const clock = { ms: 0 };
  return { writes, stream, clock, view: createProgressView({ stream, isTty, color, now: () => clock.ms }) };
}

describe('the plain view', () => {
  it('writes a line at each change of stage and one every 10 s at most', () => {
    const { writes, clock, view } = makeView(false);
    view.update(makeProgress());
    clock.ms = 5_000;
    view.update(makeProgress({ stageDone: 6, calls: 10, completionTokens: 1000 }));
    clock.ms = 10_000;
    view.update(makeProgress({ stageDone: 12, calls: 20, promptTokens: 500, completionTokens: 2000, passRate: 0.31 }));
    clock.ms = 11_000;
    view.update(
      makeProgress({
        stage: 'train',
        stageDone: 3,
        stageTotal: 30,
        calls: 20,
        promptTokens: 500,
        completionTokens: 2000,
        training: { step: 3, totalSteps: 30, loss: 0.688, margin: null },
        note: 'resumed from step 2',
      }),
    );
    expect(writes).toEqual([
      '[00:00] lab: sample, round 1/2, 0/48 calls, 0 calls in all, held-out base 0.26\n',
      '[00:10] lab: sample, round 1/2, 12/48 calls, 20 calls in all, 2.0 calls/s, 250 tokens/s, 00:30 left, tokens 500 in, 2,000 out, pass rate 0.31, held-out base 0.26\n',
      '[00:11] lab: train, round 1/2, 3/30 steps, 20 calls in all, 1.8 calls/s, 227 tokens/s, tokens 500 in, 2,000 out, held-out base 0.26, step 3/30 loss 0.688, resumed from step 2\n',
    ]);
  });

  it('shows a held back update when it finishes, once', () => {
    const { writes, clock, view } = makeView(false);
    view.update(makeProgress());
    clock.ms = 1000;
    view.update(makeProgress({ stageDone: 48 }));
    view.finish();
    view.finish();
    expect(writes).toHaveLength(2);
    expect(writes[1]).toContain('[00:01] lab: sample, round 1/2, 48/48 calls');
  });

  it('keeps the time of the stage when only the status changes', () => {
    const { writes, clock, view } = makeView(false);
    view.update(makeProgress());
    clock.ms = 4000;
    view.update(makeProgress({ stageDone: 24, status: 'pausing' }));
    expect(writes[1]).toBe(
      '[00:04] lab pausing: sample, round 1/2, 24/48 calls, 0 calls in all, 0.0 calls/s, 0 tokens/s, 00:04 left, held-out base 0.26\n',
    );
  });
});

describe('the live view', () => {
  it('draws a block and redraws it in place', () => {
    const { writes, clock, view } = makeView(true);
    view.update(makeProgress());
    clock.ms = 2000;
    view.update(makeProgress({ stageDone: 24, calls: 8, completionTokens: 400, passRate: 0.5 }));
    expect(writes[0]).toBe(
      [
        'lab  running  round 1/2',
        'preflight evaluate [sample] select train publish gates report ',
        `${'░'.repeat(40)}  0/48 calls`,
        '0 calls in all  elapsed 00:00',
        'held-out base 0.26',
        '',
      ].join('\n'),
    );
    expect(writes[1]).toBe(
      [
        `${ESCAPE}[5A\r${ESCAPE}[Jlab  running  round 1/2`,
        'preflight evaluate [sample] select train publish gates report ',
        `${'█'.repeat(20)}${'░'.repeat(20)}  24/48 calls`,
        '8 calls in all  4.0 calls/s  200 tokens/s  00:02 left  elapsed 00:02',
        'tokens 0 in, 400 out',
        'pass rate 0.50, held-out base 0.26',
        '',
      ].join('\n'),
    );
  });

  it('writes what is said above the block, and draws the block anew below it', () => {
    const { writes, clock, view } = makeView(true);
    view.update(makeProgress());
    view.say('vllm died');
    clock.ms = 1000;
    view.update(makeProgress());
    expect(writes[1]).toBe(`${ESCAPE}[5A\r${ESCAPE}[Jvllm died\n`);
    expect(writes[2]?.split('\n')).toHaveLength(6);
    expect(writes[2]?.startsWith('lab  running')).toBe(true);
    expect(writes[3]?.startsWith(`${ESCAPE}[5A`)).toBe(true);
  });

  it('keeps every line within a narrow terminal and still names the stage', () => {
    const { writes, view } = makeView(true, 30);
    view.update(makeProgress({ runName: 'a-run-name-that-is-much-too-long-to-fit', note: '長い'.repeat(20) }));
    const lines = (writes[0] ?? '').split('\n');
    expect(lines[0]).toBe('a-run-name-that-is-much-too-…');
    expect(lines[1]).toBe('[sample] stage 3 of 8');
    expect(Math.max(...lines.map(displayWidth))).toBe(29);
  });

  it('goes back over the rows that old lines take after the window was made narrower', () => {
    const { writes, stream, clock, view } = makeView(true, 80);
    view.update(makeProgress());
    stream.columns = 40;
    clock.ms = 200;
    view.update(makeProgress());
    // The widths were 23, 56, 52, 29 and 18: seven rows of 40 columns.
    expect(writes[1]?.startsWith(`${ESCAPE}[7A\r${ESCAPE}[J`)).toBe(true);
  });

  it('drops control characters of run names and notes', () => {
    const { writes, view } = makeView(true);
    view.update(makeProgress({ runName: `x${ESCAPE}[31m\u0007y`, note: 'a\nb\u202ec' }));
    expect(writes[0]).toContain('x y  running');
    expect(writes[0]).toContain('a b c\n');
    expect(writes[0]).not.toContain(ESCAPE);
  });

  it('paints only when colour is wanted', () => {
    const { writes, view } = makeView(true, 80, true);
    view.update(makeProgress());
    expect(writes[0]?.startsWith(`${ESCAPE}[1mlab${ESCAPE}[22m${ESCAPE}[36m  running${ESCAPE}[39m`)).toBe(true);
    expect(wantsColor(true, {})).toBe(true);
    expect(wantsColor(true, { NO_COLOR: '' })).toBe(true);
    expect(wantsColor(true, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColor(true, { TERM: 'dumb' })).toBe(false);
    expect(wantsColor(false, {})).toBe(false);
  });
});

describe('the totals of a view', () => {
  const evaluating = { stage: 'evaluate', part: 'held-out' } as const;

  it('never fall within a stage, whatever is asked for first or tried again', () => {
    const { writes, clock, view } = makeView(false);
    view.update(makeProgress({ ...evaluating, stageDone: 20, calls: 90, completionTokens: 700 }));
    clock.ms = 10_000;
    view.update(makeProgress({ ...evaluating, stageDone: 4, calls: 60, completionTokens: 500 }));
    expect(writes[1]).toContain('20/48 calls, 90 calls in all, 0.0 calls/s, 0 tokens/s, tokens 0 in, 700 out,');
    clock.ms = 20_000;
    view.update(makeProgress({ ...evaluating, stageDone: 24, calls: 96, completionTokens: 750 }));
    expect(writes[2]).toContain('24/48 calls, 96 calls in all');
  });

  it('begin anew with the next part of a stage, as far as they are of the stage', () => {
    const { writes, view } = makeView(false);
    view.update(makeProgress({ ...evaluating, stageDone: 48, calls: 178, promptTokens: 10, completionTokens: 20 }));
    const scoring = {
      ...evaluating,
      part: 'divergence',
      stageDone: 3,
      stageTotal: 1113,
      calls: 178,
      scored: 3,
    } as const;
    view.update(makeProgress(scoring));
    view.update(makeProgress({ ...evaluating, part: 'tasks', stageDone: 1, stageTotal: 6, calls: 179, scored: 1113 }));
    expect(writes.map((line) => line.slice('[00:00] lab: evaluate, round 1/2, '.length))).toEqual([
      '48/48 calls, 178 calls in all, tokens 10 in, 20 out, held-out base 0.26\n',
      '3/1113 tokens scored for the KL, 178 calls in all, tokens 10 in, 20 out, 3 tokens scored for the KL, held-out base 0.26\n',
      '1/6 calls for tasks, 179 calls in all, tokens 10 in, 20 out, 1,113 tokens scored for the KL, held-out base 0.26\n',
    ]);
  });

  it('show the pace of what is scored while it is scored, and no other', () => {
    const { writes, clock, view } = makeView(false);
    const scoring = { stage: 'evaluate', part: 'divergence', stageTotal: 100 } as const;
    view.update(makeProgress(scoring));
    clock.ms = 10_000;
    view.update(makeProgress({ ...scoring, stageDone: 60, scored: 60 }));
    expect(writes[1]).toContain('60/100 tokens scored for the KL, 0 calls in all, 6.0 tokens scored/s, 00:07 left,');
  });

  it('say for how many calls nobody reported tokens', () => {
    const { writes, view } = makeView(false);
    view.update(makeProgress({ calls: 1200, completionTokens: 9, unreportedCalls: 1100 }));
    expect(writes[0]).toContain('1200 calls in all, tokens 0 in, 9 out (not reported for 1,100 calls),');
  });
});

describe('terminal text', () => {
  it('strips whole escape sequences and counts wide and combining characters', () => {
    expect(stripControls(`${ESCAPE}[1;31mred${ESCAPE}[0m`)).toBe('red');
    expect(displayWidth('a長e\u0301')).toBe(4);
  });

  it('cuts across pieces and keeps their paint', () => {
    const pieces = [
      { text: 'abc', paint: 'bold' },
      { text: 'def', paint: 'dim' },
    ] as const;
    expect(cutPieces(pieces, 5)).toEqual([
      { text: 'abc', paint: 'bold' },
      { text: 'd…', paint: 'dim' },
    ]);
    expect(cutPieces(pieces, 6)).toEqual(pieces);
  });
});

describe('the rate meter', () => {
  function makeMeter() {
    const clock = { ms: 0 };
    return { clock, meter: createRateMeter({ windowMs: 10_000, now: () => clock.ms }) };
  }

  it('knows no rate before there is a stretch of time', () => {
    const { meter } = makeMeter();
    expect(meter.perSecond()).toBe(null);
    meter.record(5);
    expect(meter.perSecond()).toBe(null);
  });

  it('divides the growth within the window by its length', () => {
    const { clock, meter } = makeMeter();
    for (const [ms, total] of [
      [0, 0],
      [5_000, 100],
      [10_000, 110],
      [15_000, 120],
    ] as const) {
      clock.ms = ms;
      meter.record(total);
    }
    expect(meter.perSecond()).toBe(2);
  });

  it('falls towards 0 while nothing happens', () => {
    const { clock, meter } = makeMeter();
    meter.record(0);
    clock.ms = 2000;
    meter.record(8);
    expect(meter.perSecond()).toBe(4);
    clock.ms = 8000;
    expect(meter.perSecond()).toBe(1);
    clock.ms = 60_000;
    expect(meter.perSecond()).toBe(0);
  });

  it('starts afresh when the total falls', () => {
    const { clock, meter } = makeMeter();
    meter.record(100);
    clock.ms = 1000;
    meter.record(3);
    clock.ms = 2000;
    meter.record(5);
    expect(meter.perSecond()).toBe(2);
  });

  it('tells the time left from what was done in front of it', () => {
    expect(timeLeftMs({ doneAtStart: 10, done: 20, total: 50, elapsedMs: 5000 })).toBe(15_000);
    expect(timeLeftMs({ doneAtStart: 10, done: 10, total: 50, elapsedMs: 5000 })).toBe(null);
    expect(timeLeftMs({ doneAtStart: 0, done: 50, total: 50, elapsedMs: 5000 })).toBe(0);
    expect(timeLeftMs({ doneAtStart: 0, done: 0, total: 0, elapsedMs: 5000 })).toBe(null);
  });
});
