import { describe, expect, it } from 'vitest';
import type { MagpieReport } from '../../domain/report/magpie/magpie-report.ts';
import { magpieNotices } from '../../domain/report/magpie/notices.ts';
import { renderReportHtml } from '../../domain/report/report-html.ts';
import { summarizeReport } from '../../domain/report/summarize-report.ts';
import { createGroupTally } from '../../domain/synthesis/tally-synthesis.ts';
import { makeSynthesisRow } from '../support/make-synthesis-rows.ts';

const GROUP = {
  name: 'all',
  drawn: 64,
  cut: 3,
  looped: 1,
  ended: 60,
  voiced: 54,
  duplicates: 3,
  screened: 50,
  kept: 40,
};

function makeReport(changes: Partial<MagpieReport> = {}): MagpieReport {
  return {
    formatVersion: 1,
    runName: 'from-nothing',
    status: 'done',
    statusReason: null,
    config: {},
    configHash: 'c'.repeat(64),
    seed: 1,
    confidence: 0.95,
    timing: { startedAt: '2026-11-26T10:00:00Z', finishedAt: '2026-11-26T10:10:00Z', seconds: 600 },
    artifacts: [],
    moreArtifacts: [],
    calls: [
      {
        stage: 'synthesis/answered',
        sent: 50,
        answered: 50,
        failed: 0,
        lost: 0,
        promptTokens: 2000,
        completionTokens: 4500,
      },
    ],
    loop: 'magpie',
    queryModel: 'small',
    replyModel: 'small',
    withSteering: false,
    preQuery: '<|im_start|>user\n',
    numRows: 40,
    rows: 40,
    batches: 2,
    funnel: [
      { stage: 'queries', entered: 64, left: 60, drops: [{ by: 'queries', reason: 'length', rows: 4 }] },
      { stage: 'screened', entered: 60, left: 50, drops: [{ by: 'screening', reason: 'dangling', rows: 10 }] },
    ],
    all: GROUP,
    cells: [{ ...GROUP, name: 'temperature 0.7, top-p 1' }],
    steerings: [
      { ...GROUP, name: 'math' },
      { ...GROUP, name: 'not steered' },
    ],
    voiced: { mean: 0.9, low: 0.82, high: 0.97, n: 60 },
    replies: 50,
    cutReplies: 20,
    loopedReplies: 2,
    queryChars: { min: 20, median: 80, max: 300 },
    replyChars: { min: 5, median: 400, max: 700 },
    completionTokens: 5000,
    replyTokens: 4500,
    quality: {
      tagged: 50,
      unread: { 'quality/malformed': 2 },
      distances: [{ temperature: '0.7', compared: 40, distanceSum: 20 }],
      rewards: { scored: 48, rewardSum: 96, unscored: 2, differences: 4, differenceSum: -1 },
      preferences: {
        queries: 30,
        passedOver: 10,
        replies: 150,
        failed: 5,
        unscored: 1,
        distinct: 90,
        pairs: 20,
        marginSum: 5,
        allEqual: 6,
        marginTooSmall: 3,
        tooFewScored: 1,
      },
    },
    notices: [],
    sanitised: { '6.1': 7 },
    samples: [
      makeSynthesisRow(1, { messages: [{ role: 'user', content: 'What does <script>alert(1)</script> do?' }] }),
    ],
    droppedSamples: [makeSynthesisRow(2, { dropped: { by: 'screening', reason: 'dangling' } })],
    ...changes,
  };
}

describe('the report of Magpie', () => {
  it('says in the terminal what came of it, with the denominator of every count', () => {
    expect(summarizeReport(makeReport())).toEqual([
      'run from-nothing done',
      "rows of the dataset, of 40 asked 40 (90.0 % of the queries that ended sound like a user's, 95 % interval [0.82, 0.97])",
      'measured on 64 queries drawn in 2 batches, 60 ended by themselves, 50 passed the screens, 40 kept',
      'queries: 60 of 64 left (queries: length 4)',
      'screened: 50 of 60 left (screening: dangling 10)',
      'exact duplicates 3 of 60',
      'replies cut by their length 20 of 50',
      'replies ended as loops 2 of 50',
      'tokens spent on replies 4,500 of 5,000 (90.0 %)',
      'model calls 50 sent, 50 answered, 0 failed, 0 lost and repeated',
      'tokens 2,000 in, 4,500 out',
      'took 10 min 00 s',
    ]);
  });

  it('shows the funnel, the groups and the rows, and escapes what models wrote', () => {
    const page = renderReportHtml(makeReport());
    expect(page).toContain('What each stage let through and dropped');
    expect(page).toContain('<code>screening: dangling</code>');
    expect(page).toContain('By steering prompt');
    expect(page).toContain('ended as loops');
    expect(page).toContain('cleaned by rule 6.1 of the sanitiser');
    expect(page).toContain('What does &lt;script&gt;alert(1)&lt;/script&gt; do?');
    expect(page).not.toContain('<script>');
  });

  it('says how good the rows are, each share and each mean with its denominator', () => {
    const page = renderReportHtml(makeReport())
      .replace(/<[^>]*>|\s+/g, ' ')
      .replace(/ +/g, ' ');
    for (const line of [
      'no tag: quality/malformed 2 of 50',
      'drawn at temperature 0.7 0.500 on average of 40',
      'reward of a conversation 2.000 on average of 48',
      'the reward model refused 2 of 50',
      'reward above that of the base model -0.250 on average of 4',
      'preference pairs, of the queries that were replied to 20 of 30',
      'margin of a pair 0.250 on average of 20',
      'no pair: all replies equal 6 of 30',
      'preferences.only 10 of 40',
      'different replies 90 of 145',
    ]) {
      expect(page).toContain(line);
    }
    const nothing = { tagged: 0, unread: {}, distances: [], rewards: null, preferences: null };
    expect(renderReportHtml(makeReport({ quality: nothing }))).toContain('Nothing was tagged, compared or scored.');
  });

  it('tells of rewards that all meet their rule, and of queries without a single pair', () => {
    const { quality, funnel } = makeReport();
    const { preferences } = quality;
    if (preferences === null) throw new Error('there are pairs');
    expect(magpieNotices(quality, funnel, false)).toEqual([]);
    const notices = magpieNotices(
      { ...quality, preferences: { ...preferences, pairs: 0, distinct: 30 } },
      funnel,
      true,
    );
    expect(notices).toEqual([
      'no preference pair came of 30 queries, whose 145 replies have 30 different texts: a server that ignores n or seed gives the same reply each time',
      'the reward filter dropped none of 48 scored conversations: its threshold may be for another reward model',
    ]);
    const drops = [{ by: 'reward', reason: 'not above -12', rows: 1 }];
    expect(magpieNotices(quality, [{ stage: 'kept', entered: 48, left: 47, drops }], true)).toEqual([]);
    expect(summarizeReport(makeReport({ notices }))).toContain(`note: ${notices[0] ?? ''}`);
  });

  it('says that replies were steered where they were', () => {
    const line = 'replies drawn under the steering prompt';
    expect(renderReportHtml(makeReport({ withSteering: true }))).toContain(line);
    expect(renderReportHtml(makeReport())).not.toContain(line);
  });

  it('counts a copy whichever stage found it', () => {
    const [first, second, third] = [0, 1, 2].map((index) => makeSynthesisRow(index));
    if (first === undefined || second === undefined || third === undefined) throw new Error('three rows');
    const copy = { ...second, dropped: { by: 'screening', reason: 'duplicate' } };
    const equal = { ...third, dropped: { by: 'duplicates', reason: 'equal text' } };
    const batch = { queries: [first, second, third], screened: [first, copy, third], compared: [first, copy, equal] };
    const tally = createGroupTally(() => 'all');
    tally.add(batch);
    expect(tally.result()).toMatchObject([{ drawn: 3, duplicates: 2, screened: 2 }]);
  });

  it('says that a number was not reported, and that nothing was drawn', () => {
    const lines = summarizeReport(makeReport({ replyTokens: null, rows: null, voiced: null }));
    expect(lines).toContain('tokens spent on replies not reported');
    expect(lines[1]).toBe('rows of the dataset, of 40 asked not reported (no query ended by itself)');
    const empty = renderReportHtml(makeReport({ all: { ...GROUP, drawn: 0 }, droppedSamples: [], samples: [] }));
    expect(empty).toContain('No batch was drawn.');
    expect(empty).toContain('Nothing was dropped.');
  });
});
