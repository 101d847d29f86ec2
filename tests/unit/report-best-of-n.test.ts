import { describe, expect, it } from 'vitest';
import type { Checklist } from '../../domain/checklist.ts';
import { tallySelections } from '../../domain/report/best-of-n/tally-selections.ts';
import { whyChosen } from '../../domain/report/best-of-n/words.ts';
import { bestOfNBudget } from '../../domain/report/call-budget.ts';
import { renderReportHtml } from '../../domain/report/report-html.ts';
import { spreadEvenly } from '../../domain/report/spread-evenly.ts';
import { summarizeReport } from '../../domain/report/summarize-report.ts';
import { compactMarkup, occurrences } from '../support/compact-markup.ts';
import { makeBestOfNReport, makeCalls } from '../support/make-loop-report.ts';
import { makeCandidate, makeSelection, makeVerdicts } from '../support/make-loop-rows.ts';

const HOSTILE = `</pre><script>alert("x")</script>\u202e`;
const HOSTILE_ESCAPED = '&lt;/pre&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;[U+202E]';
const ASKED = { selfScore: true, rewardModel: false };

/** A clear best that gold agrees with, a tie that the seed drew from, and one without any answer. */
const SELECTIONS = [
  makeSelection(
    'clear',
    [
      makeCandidate(0, 'nn', 'nn', { selfScore: 90 }),
      makeCandidate(1, 'yy', 'yy', { selfScore: 40 }),
      makeCandidate(2, 'yn', 'yn', { finishReason: 'length' }),
    ],
    {
      tied: [1],
      chosen: 1,
      decidedBy: 'pass-rate',
      selfScored: 0,
      greedy: makeCandidate(0, 'yn', 'yn', { text: 'the greedy one' }),
    },
  ),
  makeSelection(
    'tie',
    [makeCandidate(0, 'yn', 'nn', { text: 'same' }), makeCandidate(1, 'yn', 'yu', { text: 'same' })],
    { tied: [0, 1], chosen: 0, decidedBy: 'seed', failed: 1 },
  ),
  makeSelection('none', [], { failed: 3 }),
];

describe('tallySelections', () => {
  const tally = tallySelections(SELECTIONS, ASKED);

  it('counts candidates, failures, truncation and different texts', () => {
    // 3 + 2 answers of 3 + 3 + 3 asked for; distinct (3 + 1) / 2 over the two prompts that have any
    expect(tally).toMatchObject({
      prompts: 3,
      candidates: { count: 5, of: 9 },
      truncated: { count: 1, of: 5 },
      meanDistinct: 2,
      onlyOneDistinct: { count: 1, of: 2 },
    });
  });

  it('counts ties and what decided out of the prompts with a choice', () => {
    expect(tally).toMatchObject({
      tied: { count: 1, of: 2 },
      notChosen: { count: 1, of: 3 },
      decidedBy: [
        ['pass-rate', 1],
        ['seed', 1],
      ],
    });
  });

  it('counts unparsed verdicts by cause and scores that were not given', () => {
    // gold: nn yy yn, nn yu: 4 yes, 5 no, 1 unparsed
    expect(tally.goldVerdicts).toEqual({ yes: 4, no: 5, unparsed: 1, causes: [['malformed', 1]] });
    expect(tally.selfScoreUnreadable).toEqual({ count: 3, of: 5 });
    expect(tally.rewardMissing).toBeNull();
    expect(tallySelections(SELECTIONS, { selfScore: false, rewardModel: true })).toMatchObject({
      selfScoreUnreadable: null,
      rewardMissing: { count: 5, of: 5 },
    });
  });

  it('keeps the pass rate that selected apart from quality', () => {
    // chosen: (1 + 1/2) / 2; all: mean of (0 + 1 + 1/2) / 3 and (1/2 + 1/2) / 2
    expect(tally.judgeChosen).toEqual({ chosen: 0.75, all: 0.5, n: 2 });
  });

  it('finds prompts whose items, all decided by code, select and measure alike', () => {
    const checklist: Checklist = [{ question: 'No commas?', verifier: { kind: 'no_comma', args: {} } }];
    const byCode = makeCandidate(0, '', '', {
      verdicts_I: makeVerdicts('y', 'code'),
      gold_I: makeVerdicts('y', 'code'),
    });
    const alike = makeSelection('alike', [byCode], {
      checklist,
      goldChecklist: checklist.map((item) => ({ ...item, question: 'Free?' })),
    });
    const otherGold = makeSelection('other', [byCode], { checklist, goldChecklist: [] });
    expect(tallySelections([alike, otherGold, ...SELECTIONS], ASKED).sameRuler).toEqual({ count: 1, of: 4 });
  });
});

describe('answers that gold left undecided', () => {
  const undecided = { goldPassRate: null };
  const selections = [
    makeSelection('half', [makeCandidate(0, 'yn', 'yu', undecided), makeCandidate(1, 'yy', 'yy')], {
      tied: [1],
      chosen: 1,
      decidedBy: 'pass-rate',
      greedy: makeCandidate(0, 'yn', 'uu', undecided),
    }),
  ];

  it('are counted, the greedy ones too, and are in no mean', () => {
    const report = makeBestOfNReport(selections);
    expect(report.tally.goldUndecided).toEqual({ count: 2, of: 3 });
    expect(report.arms.find(({ arm }) => arm === 'greedy')).toBeUndefined();
    // One of two candidates has a rate of 1; a pass rate of 1/2 for the other would make it 0.75, a "no" 0.5.
    expect(report.arms.find(({ arm }) => arm === 'random-of-n')).toMatchObject({ prompts: 1, interval: { mean: 1 } });
  });

  it('are told in the page, in the terminal and on their card, each with what they are out of', () => {
    const report = makeBestOfNReport(selections);
    const note = '2 of 3 measured answers undecided and in no mean';
    expect(summarizeReport(report).filter((line) => line.includes(note))).toHaveLength(1);
    const page = compactMarkup(renderReportHtml(report));
    expect(page).toContain(note);
    expect(page).toContain('gold undecided');
    expect(page).toMatch(
      /answers undecided: fewer items decided than evaluation\.minCoverage asks for.{0,80}2 <span class="quiet">of 3</,
    );
    expect(compactMarkup(renderReportHtml(makeBestOfNReport(SELECTIONS)))).not.toContain('measured answers undecided');
  });

  it('are not made up where nothing was measured', () => {
    expect(tallySelections([makeSelection('p', [makeCandidate(0, 'yn', '')])], ASKED).goldUndecided).toBeNull();
  });
});

describe('whyChosen', () => {
  it('tells the share that was passed, the tie, and what decided', () => {
    const why = (index: number, keepTies: boolean) =>
      SELECTIONS.slice(index, index + 1).map((selection) => whyChosen(selection, keepTies))[0];
    expect(why(0, false)).toBe('Candidate 1 passed 2 of 2 decided items, more than any other as a share.');
    expect(why(1, false)).toBe('Candidate 0 passed 1 of 2 decided items; tied with 1, and a seeded draw decided.');
    expect(why(1, true)).toMatch(/ All that are tied are scored together\.$/);
    expect(why(2, false)).toBe('Nothing was chosen: no candidate is an answer.');
  });
});

describe('bestOfNBudget', () => {
  it('compares the calls of selection with N + 1 + N K V', () => {
    const calls = [
      makeCalls('data/prompts/checklists', 2),
      makeCalls('candidates/rollouts', 4),
      makeCalls('candidates/judged', 16),
      makeCalls('candidates/gold', 100),
      makeCalls('candidates/self-scores', 100),
      makeCalls('greedy/rollouts', 100),
    ];
    // 2 + 4 + 16 = 22 calls for 2 prompts; N = 8, K = 6, V = 1: 8 + 1 + 8 * 6 = 57
    expect(bestOfNBudget({ calls, prompts: 2, itemCounts: [6, 6], votes: 1, size: 8 })).toMatchObject({
      sent: 22,
      perPrompt: 11,
      formula: 57,
    });
  });
});

describe('spreadEvenly', () => {
  it('takes items from the whole list, or all of a short one', () => {
    expect(spreadEvenly([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4)).toEqual([0, 2, 5, 7]);
    expect(spreadEvenly([0, 1], 4)).toEqual([0, 1]);
  });
});

describe('the page of Best-of-N', () => {
  const report = makeBestOfNReport(SELECTIONS);
  const page = compactMarkup(renderReportHtml(report));

  it('opens with a random candidate against the best of N, and its denominators', () => {
    // random: mean of (0 + 1 + 1/2) / 3 and (0 + 1) / 2; best: (1 + 0) / 2
    expect(page).toContain('<p class="result">0.50 → 0.50</p>');
    expect(page).toContain('3 of 3 prompts finished, N = 3, 4 of 9 candidates failed, 1 of 5 truncated.');
  });

  it('gives each arm its denominators, and its precision its own', () => {
    // random: picks all; truly best 1 of 3 and 1 of 2: (1/3 + 1/2) / 2
    expect(page).toMatch(
      /<th scope="row">random of N<\/th><td>0\.500<\/td><td>\[0\.50, 0\.50\]<\/td><td>2<\/td><td>0\.000<\/td><td>\[[^<]+<\/td><td>2<\/td><td>0\.417<\/td><td>2<\/td>/,
    );
    expect(report.arms.map(({ arm }) => arm)).toEqual([
      'best-of-n',
      'greedy',
      'random-of-n',
      'self-score',
      'oracle-of-n',
    ]);
    expect(page).toContain('<th scope="row">self-scores unreadable</th><td>3 <span class="quiet">of 5</span></td>');
  });

  it('marks what each arm picked', () => {
    const tags = (title: string) =>
      [...(page.split(`<h4> ${title} `)[1]?.split('</h4>')[0] ?? '').matchAll(/class="tag[^>]*>([^<]+)/g)].map(
        ([, tag]) => tag,
      );
    expect(tags('candidate 0')).toEqual(['self-score']);
    expect(tags('candidate 1')).toEqual(['chosen', 'oracle']);
    expect(tags('candidate 2')).toEqual(['truncated']);
    expect(tags('greedy answer')).toEqual(['greedy']);
  });

  it('warns where Best-of-N is the oracle by construction', () => {
    expect(page).not.toContain('by construction');
    const { tally } = report;
    const same = renderReportHtml(
      makeBestOfNReport(SELECTIONS, { tally: { ...tally, sameRuler: { count: 2, of: 2 } } }),
    );
    expect(compactMarkup(same)).toContain('<p class="warning"> On 2 of 2 prompts the same items, all decided by code');
  });

  it('shows only the judge’s numbers, with a warning, when nothing measures', () => {
    const unmeasured = compactMarkup(
      renderReportHtml(
        makeBestOfNReport(
          [
            makeSelection('a', [makeCandidate(0, 'yn', ''), makeCandidate(1, 'yy', '')], {
              tied: [1],
              chosen: 1,
              decidedBy: 'pass-rate',
            }),
          ],
          { judging: { steeredBy: 'policy', judges: ['small'], measuredBy: 'nothing', goldJudges: [] } },
        ),
      ),
    );
    expect(unmeasured).toContain('<p class="result">not measured</p>');
    expect(unmeasured).toContain('<p class="warning">Not measured: no gold verdict was given');
    expect(unmeasured).not.toContain('<svg');
    expect(unmeasured).toContain('<td>1.000 <span class="quiet">over 1 prompts</span></td>');
  });

  it('folds away unmarked candidates of a large N and leaves no tag of hostile text', () => {
    const candidates = Array.from({ length: 12 }, (_, index) => makeCandidate(index, 'y', 'n', { text: HOSTILE }));
    const hostile = renderReportHtml(
      makeBestOfNReport([
        makeSelection(HOSTILE, candidates, {
          instruction: HOSTILE,
          checklist: [{ question: HOSTILE }],
          tied: [3],
          chosen: 3,
          decidedBy: 'soft',
        }),
      ]),
    );
    expect(hostile).not.toMatch(/<script/i);
    // heading, instruction, and an answer and a question for each of 12; gold has no question of that name
    expect(occurrences(hostile, HOSTILE_ESCAPED)).toBe(2 + 12 * 2);
    // All 12 are equally bad by gold, so all are the oracle's and none is folded.
    expect(hostile).not.toContain('The other');
    const folded = makeSelection(
      'p',
      candidates.map((candidate, index) => ({ ...candidate, goldPassRate: index === 5 ? 1 : 0 })),
    );
    expect(renderReportHtml(makeBestOfNReport([folded]))).toContain('The other 11 candidates');
  });
});

describe('the summary of Best-of-N', () => {
  it('lists every arm with its denominator, and the judge as what it is', () => {
    const lines = summarizeReport(makeBestOfNReport(SELECTIONS));
    expect(lines[3]).toMatch(/^Best-of-N 0\.50 \[0\.00, 1\.00\] over 2 prompts$/);
    expect(lines[4]).toBe('greedy 0.50 [0.50, 0.50] over 1 prompts');
    expect(lines.slice(8, 10)).toEqual([
      'judge 0.50 -> 0.75 over 2 prompts (it selected: no measure of quality)',
      'ties at the top on 1 of 2 prompts; all candidates the same on 1 of 2',
    ]);
  });
});
