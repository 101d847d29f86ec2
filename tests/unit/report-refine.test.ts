import { describe, expect, it } from 'vitest';
import type { Refinement } from '../../domain/refine/refinement.ts';
import { chooseRefineSamples } from '../../domain/report/refine/choose-samples.ts';
import { measureLoop } from '../../domain/report/refine/measure-loop.ts';
import { turnChart } from '../../domain/report/refine/turn-chart.ts';
import { renderReportHtml } from '../../domain/report/report-html.ts';
import { summarizeReport } from '../../domain/report/summarize-report.ts';
import { compactMarkup, occurrences } from '../support/compact-markup.ts';
import { makeRefineReport } from '../support/make-loop-report.ts';
import { makeRefinement, makeTurn } from '../support/make-loop-rows.ts';

const BOOTSTRAP = { resamples: 200, confidence: 0.95, seed: 7 };
const SETTINGS = { turnLimit: 2, isFixed: true, bootstrap: BOOTSTRAP };
const HOSTILE = `</pre><script>alert("x")</script>\u202e`;
const HOSTILE_ESCAPED = '&lt;/pre&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;[U+202E]';

/** Improves, stays, worsens and is brought back, and has no answer. */
const STICK: readonly Refinement[] = [
  makeRefinement('a', [makeTurn(0, 'nn', 'nn'), makeTurn(1, 'yn', 'yn'), makeTurn(2, 'yy', 'yy')], {
    stopReason: 'all-pass',
  }),
  makeRefinement('b', [makeTurn(0, 'yn', 'yn')], { stopReason: 'no-change', turnedDown: 'answer of turn 0' }),
  makeRefinement('c', [makeTurn(0, 'yn', 'yy'), makeTurn(1, 'nu', 'nn', { finishReason: 'length' })], {
    stopReason: 'invalid-evaluation',
    returnedTurn: 0,
  }),
  makeRefinement('d', [], { stopReason: 'failed' }),
];
const SELF_REFINE: readonly Refinement[] = [
  makeRefinement('a', [makeTurn(0, '', 'nn'), makeTurn(1, '', 'yn', { critique: 'Name the river.' })], {
    loop: 'self-refine',
    stopReason: 'degenerate',
    turnedDown: '',
  }),
  makeRefinement('b', [makeTurn(0, '', 'yn'), makeTurn(1, '', 'nn')], { loop: 'self-refine' }),
];

describe('measureLoop', () => {
  const stick = measureLoop('refine', STICK, SETTINGS);

  it('carries the answer of a prompt that stopped to the later turns', () => {
    // turn 0: (0 + 1/2 + 1) / 3; turn 1: (1/2 + 1/2 + 0) / 3; turn 2: (1 + 1/2 + 0) / 3. d has no answer.
    expect(stick.turns.map(({ gold }) => gold?.mean)).toEqual([0.5, 1 / 3, 0.5]);
    expect(stick.turns.map(({ gold }) => gold?.n)).toEqual([3, 3, 3]);
    expect(stick.turns.map(({ newAnswers }) => newAnswers)).toEqual([3, 2, 1]);
    expect(stick.turns.map(({ truncated }) => truncated)).toEqual([0, 1, 0]);
  });

  it('pairs each turn with turn 0 by prompt', () => {
    // turn 1: (+1/2 + 0 - 1) / 3; turn 2: (+1 + 0 - 1) / 3
    expect(stick.turns.map(({ change }) => change?.mean ?? null)).toEqual([null, -0.5 / 3, 0]);
    expect(stick.turns[1]?.change?.n).toBe(3);
  });

  it('keeps the judge that steers apart, without an interval', () => {
    // turn 0: (0 + 1/2 + 1/2) / 3; turn 1: (1/2 + 1/2 + 0/1) / 3, the unparsed verdict is in no rate
    expect(stick.turns.map(({ judge }) => judge)).toEqual([
      { mean: 1 / 3, n: 3 },
      { mean: 1 / 3, n: 3 },
      { mean: 0.5, n: 3 },
    ]);
    expect(measureLoop('self-refine', SELF_REFINE, SETTINGS).turns[0]?.judge).toBeNull();
  });

  it('measures what was returned, which may be an earlier turn', () => {
    // a: turn 2, b: turn 0, c: turn 0 again: (1 + 1/2 + 1) / 3, and (+1 + 0 + 0) / 3 against turn 0
    expect(stick.returned.gold?.mean).toBeCloseTo(2.5 / 3, 12);
    expect(stick.returned.change).toMatchObject({ mean: 1 / 3, n: 3 });
  });

  it('counts items gained and lost out of those that could be', () => {
    // gold: a nn>yn gains 1 of 2, yn>yy gains 1 of 1 and keeps 1; c yy>nn loses 2 of 2: gained 2 of 3, lost 2 of 3
    expect(stick.goldFlips).toEqual({ gained: 2, failedBefore: 3, lost: 2, passedBefore: 3 });
    // judge: a as above; c yn>nu loses 1 of 1, and its second item was not decided again: lost 1 of 2
    expect(stick.judgeFlips).toEqual({ gained: 2, failedBefore: 3, lost: 1, passedBefore: 2 });
    expect(measureLoop('refine', STICK, { ...SETTINGS, isFixed: false }).judgeFlips).toBeNull();
  });

  it('counts rewrites, what was turned down, reasons and unparsed verdicts by cause', () => {
    // 2 kept of a, 1 kept of c, 1 turned down of b
    expect(stick).toMatchObject({ prompts: 4, answered: 3, answers: 6, truncated: 1, rewritesAsked: 4 });
    expect(stick.turnedDown).toEqual([['no-change', 1]]);
    expect(stick.stopReasons).toEqual([
      ['all-pass', 1],
      ['failed', 1],
      ['invalid-evaluation', 1],
      ['no-change', 1],
    ]);
    // judge: nn yn yy, yn, yn nu: 5 yes, 6 no, 1 unparsed of 12
    expect(stick.judgeVerdicts).toEqual({ yes: 5, no: 6, unparsed: 1, causes: [['malformed', 1]] });
  });

  it('has no gold numbers where nothing measures', () => {
    const unmeasured = measureLoop('refine', [makeRefinement('a', [makeTurn(0, 'yn', '')])], SETTINGS);
    expect(unmeasured).toMatchObject({ goldVerdicts: null, goldFlips: null });
    expect(unmeasured.turns.map(({ gold }) => gold)).toEqual([null, null, null]);
  });
});

describe('chooseRefineSamples', () => {
  it('takes improved, worsened, unchanged and unjudged prompts in turns', () => {
    const make = (promptId: string, before: string, after: string) =>
      makeRefinement(promptId, [makeTurn(0, 'nn', before), makeTurn(1, 'yy', after)]);
    const refinements = [
      ...['up1', 'up2', 'up3', 'up4'].map((promptId) => make(promptId, 'nn', 'yy')),
      make('same', 'yn', 'yn'),
      make('down', 'yy', 'yn'),
      makeRefinement('none', []),
    ];
    expect(chooseRefineSamples(refinements, [], 6).map(({ refinement }) => refinement.promptId)).toEqual([
      'up1',
      'down',
      'same',
      'none',
      'up2',
      'up3',
    ]);
    expect(chooseRefineSamples(refinements, [], 2).map(({ outcome }) => outcome)).toEqual(['improved', 'worsened']);
  });

  it('falls back on the judge where nothing measures, and says so', () => {
    const [sample] = chooseRefineSamples([makeRefinement('a', [makeTurn(0, 'nn', ''), makeTurn(1, 'yn', '')])], [], 1);
    expect(sample).toMatchObject({ outcome: 'improved', outcomeBy: 'judge', baseline: null });
  });
});

describe('the page of self-refinement', () => {
  const page = compactMarkup(renderReportHtml(makeRefineReport(STICK, SELF_REFINE)));

  it('counts the answers that gold left undecided, and leaves them out of the mean', () => {
    const turns = [makeTurn(0, 'nn', 'yn'), makeTurn(1, 'yy', 'yu', { goldPassRate: null })];
    const report = makeRefineReport([makeRefinement('a', turns), makeRefinement('b', [makeTurn(0, 'nn', 'nn')])], null);
    expect(report.loops[0]?.goldUndecided).toEqual({ count: 1, of: 3 });
    // Turn 1: only prompt b has a rate, its answer of turn 0.
    expect(report.loops[0]?.turns[1]?.gold).toMatchObject({ mean: 0, n: 1 });
    expect(compactMarkup(renderReportHtml(report))).toContain('1 of 3 measured answers undecided and in no mean');
  });

  it('opens with the first answers against what was returned, and its denominators', () => {
    expect(page).toContain('<p class="result">0.50 → 0.83</p>');
    expect(page).toContain(
      '3 prompts before and after, 4 of 4 prompts finished, 1 without any answer, 1 of 6 answers truncated.',
    );
  });

  it('names the judge’s column for what it is', () => {
    expect(page).toContain('<th scope="col">judge’s pass rate (steered, not quality)</th>');
    // Only STICK has one: no judge was asked in the baseline.
    expect(occurrences(page, 'judge’s pass rate (steered, not quality)')).toBe(1);
  });

  it('shows each turn, what changed, the critique, and the rewrite that was turned down', () => {
    expect(occurrences(page, '<details class="sample"')).toBe(4);
    expect(page).toContain('Stopped after turn 2: every item passed. Turn 2 is returned (the best seen turn).');
    expect(page).toContain('No answer: the call gave no answer.');
    expect(page).toContain('<span class="answer yes">gained</span> gold: Does the answer name a river?');
    expect(page).toContain('<span class="answer no">lost</span> gold: Is the answer one sentence?');
    expect(page).toContain('<span class="tag rejected">turned down: the rewrite was the same text again</span>');
    expect(page).toContain('<pre>Name the river.</pre>');
  });

  it('compares STICK with its baseline by prompt', () => {
    // at turn 2: a 1 - 1/2, b 1/2 - 0: mean 0.5 over the 2 prompts that both have
    expect(page).toContain(
      '<th scope="row">STICK − self-refine, turn 2</th><td></td><td></td><td></td><td>+0.500</td>',
    );
  });

  it('says plainly when the policy judges itself, and when nothing measures', () => {
    const refinements = [makeRefinement('a', [makeTurn(0, 'yn', ''), makeTurn(1, 'yy', '')])];
    const unmeasured = compactMarkup(
      renderReportHtml(
        makeRefineReport(refinements, null, {
          judging: { steeredBy: 'policy', judges: ['small'], measuredBy: 'nothing', goldJudges: [] },
        }),
      ),
    );
    expect(unmeasured).toContain('<p class="result">not measured</p>');
    expect(unmeasured).toContain('<p class="warning">Self-judged: the model that answers (small) also gave');
    expect(unmeasured).toContain('<p class="warning">Not measured: no gold verdict was given');
    expect(unmeasured).not.toMatch(/<svg|gold pass rate<\/th>/);
    expect(unmeasured).toContain('judge’s pass rate (steered, not quality)');
  });

  it('leaves no tag of hostile text', () => {
    const turn = makeTurn(0, 'n', 'y', {
      text: HOSTILE,
      critique: HOSTILE,
      verdicts_I: [{ answer: 'no', by: 'judge', reason: HOSTILE }],
    });
    const hostile = renderReportHtml(
      makeRefineReport(
        [
          makeRefinement(HOSTILE, [turn], {
            instruction: HOSTILE,
            checklist: [{ question: HOSTILE }],
            turnedDown: HOSTILE,
            stopReason: 'cycle',
          }),
        ],
        null,
        { judging: { steeredBy: 'other', judges: [HOSTILE], measuredBy: 'other', goldJudges: [HOSTILE] } },
      ),
    );
    expect(hostile).not.toMatch(/<script/i);
    // heading, instruction, answer, critique, question, reason, turned down, judge, gold judge
    expect(occurrences(hostile, HOSTILE_ESCAPED)).toBe(9);
    expect(occurrences(hostile, '<pre>')).toBe(occurrences(hostile, '</pre>'));
  });

  it('says so when no shard was finished', () => {
    const empty = compactMarkup(renderReportHtml(makeRefineReport([], [], { promptsInSet: 8, status: 'stopped' })));
    expect(empty).toContain('No shard of prompts was finished.');
    expect(empty).toContain('0 of 8 prompts.');
  });
});

describe('turnChart', () => {
  it('draws lines and whiskers to scale from 0', () => {
    const base = measureLoop('refine', STICK, { ...SETTINGS, turnLimit: 1 });
    const at = (turn: number, mean: number) => ({
      turn,
      gold: { mean, low: mean - 0.25, high: mean + 0.25, n: 3 },
      change: null,
      judge: null,
      newAnswers: 3,
      truncated: 0,
      looped: 0,
    });
    const svg = compactMarkup(turnChart([{ ...base, turns: [at(0, 0.25), at(1, 0.75)] }]).text);
    // 192 units of height from y = 204 up stand for 0 to 1; 406 units of width from x = 51 for turns 0 to 1.
    expect(svg).toContain('d="M51.0 156.0L457.0 60.0"');
    expect(svg).toContain('d="M51.0 204.0V108.0M48.0 204.0h6M48.0 108.0h6"');
    expect(svg).toContain('STICK: turn 0 0.25 [0.00, 0.50], turn 1 0.75 [0.50, 1.00]');
  });
});

describe('the summary of self-refinement', () => {
  it('closes with the result, the baseline, the judge as what it is, and the reasons', () => {
    const lines = summarizeReport(makeRefineReport(STICK, SELF_REFINE));
    expect(lines[1]).toMatch(
      /^gold pass rate, first answers and what STICK returned 0\.50 -> 0\.83 \(paired difference \+0\.33, 95 % interval \[/,
    );
    expect(lines[3]).toMatch(/^STICK minus self-refine \+0\.50 \[0\.50, 0\.50\] over 2 prompts$/);
    expect(lines.slice(4, 7)).toEqual([
      // returned: a 1, b 1/2, c 1/2 of turn 0
      'judge 0.33 -> 0.67 over 3 prompts (it steered: no measure of quality)',
      'rewrites 4 asked for, 1 turned down',
      'stopped, of 4 prompts: 1 every item passed, 1 the call gave no answer, 1 a verdict could not be read, 1 the rewrite was the same text again',
    ]);
    expect(lines[8]).toBe('tokens 280 in (not reported for 8 calls), 280 out (not reported for 8 calls)');
  });
});
