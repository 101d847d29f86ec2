import { describe, expect, it } from 'vitest';
import { measurePairs } from '../../domain/report/skillmix/measure-pairs.ts';
import type { SkillmixReport } from '../../domain/report/skillmix/skillmix-report.ts';
import { renderReportHtml } from '../../domain/report/report-html.ts';
import { summarizeReport } from '../../domain/report/summarize-report.ts';
import type { PairResult } from '../../domain/skillmix/result.ts';
import { settleWave, type SlotOutcome } from '../../domain/skillmix/settle-wave.ts';

function makeResult(slot: number, changes: Partial<PairResult> = {}): PairResult {
  const pair = { instruction: `How do I do reading maps number ${slot}?`, response: 'Like this, step by step.' };
  return {
    slot,
    size: 2,
    queryType: slot % 2 === 0 ? 'asking' : 'planning',
    quality: 'clean',
    redraw: 0,
    skills: ['reading_maps', `skill_${slot}`],
    rowId: `row-${slot}`,
    templates: 'hash',
    examples: 2,
    replies: [
      { turn: 'draft', isRewrite: false, attempt: 0, seed: 1, text: 'no', finishReason: 'stop', fault: 'no-labels' },
      { turn: 'draft', isRewrite: false, attempt: 1, seed: 3, text: 'yes', finishReason: 'stop', fault: null },
    ],
    draft: pair,
    critique: null,
    refined: null,
    change: null,
    gate: null,
    seed: 3,
    end: { ok: true, pair, from: 'draft' },
    ...changes,
  };
}

const FACTS = { queryModel: 'teacher', temperature: 0.7, topP: 1, known: new Set<string>() };

describe('a settled wave', () => {
  const results = [
    makeResult(0),
    makeResult(1, { end: { ok: false, turn: 'refine', fault: 'cut' } }),
    makeResult(2, {
      end: { ok: true, from: 'refined', pair: { instruction: 'HOW do I do reading maps, number 0', response: 'So.' } },
    }),
  ];

  it('makes rows of pairs, marks messages that say the same words again, and tells what became of each slot', () => {
    const { rows_B, outcomes } = settleWave([results.slice(0, 2), results.slice(2)], FACTS);
    expect(rows_B.map((rows) => rows.map(({ rowId, dropped }) => [rowId, dropped?.reason]))).toEqual([
      [['row-0', undefined]],
      [['row-2', 'duplicate']],
    ]);
    expect(rows_B[0]?.[0]).toMatchObject({
      replyFinish: 'stop',
      messages: [
        { role: 'user', content: 'How do I do reading maps number 0?' },
        { role: 'assistant', content: 'Like this, step by step.' },
      ],
      origin: {
        method: 'skillmix',
        skills: ['reading_maps', 'skill_0'],
        queryType: 'asking',
        quality: 'clean',
        seed: 3,
      },
    });
    expect(outcomes.map(({ slot, failed }) => [slot, failed])).toEqual([
      [0, null],
      [1, 'refine/cut'],
      [2, 'duplicate'],
    ]);
  });

  it('knows the messages of earlier waves', () => {
    const known = new Set(['how do i do reading maps number 0']);
    expect(settleWave([results.slice(0, 1)], { ...FACTS, known }).outcomes[0]?.failed).toBe('duplicate');
  });
});

describe('the report of Instruct-SkillMix', () => {
  const refined = { instruction: 'Which way?', response: 'North, two miles.' };
  const results = [
    makeResult(0),
    makeResult(1, {
      refined,
      change: { instruction: 0.5, response: 1, unchanged: false },
      gate: 'refined',
      critique: { text: 'It is vague.', onlyPraise: false, cut: false },
      end: { ok: true, pair: refined, from: 'refined' },
      skills: ['reading_maps', 'skill_0'],
      redraw: 1,
    }),
    makeResult(2, { end: { ok: false, turn: 'draft', fault: 'cannot-combine' }, draft: null, examples: 1 }),
    makeResult(3, {
      quality: 'junk',
      end: {
        ok: true,
        from: 'spoiled',
        pair: { instruction: '<script>alert(1)</script>', response: 'It\u202edepends' },
      },
    }),
  ];
  const outcomes: readonly SlotOutcome[] = [{ slot: 0, redraw: 0, size: 2, rowId: 'row-0', failed: 'duplicate' }];
  const measures = measurePairs(results, outcomes);

  it('counts rows, failures, turns, coverage, lengths and change, each over its own denominator', () => {
    expect(measures).toEqual({
      pairs: 4,
      rows: 2,
      redrawn: 1,
      refusedCombinations: 1,
      failures: [
        { failed: 'draft/cannot-combine', count: 1 },
        { failed: 'duplicate', count: 1 },
      ],
      turns: [{ turn: 'draft', replies: 8, unread: 4, rewrites: 0, faults: [{ fault: 'no-labels', count: 4 }] }],
      skillsUsed: 3,
      combinations: 2,
      sameCombination: 0,
      queryTypes: [{ queryType: 'planning', rows: 2 }],
      sizes: [{ size: 2, rows: 2 }],
      qualities: [
        { quality: 'clean', rows: 1 },
        { quality: 'junk', rows: 1 },
      ],
      // 2 words and 1 word; 3 words and 1 word.
      instructionWords: { n: 2, mean: 1.5, median: 1.5, min: 1, max: 2 },
      responseWords: { n: 2, mean: 2, median: 2, min: 1, max: 3 },
      namingSkill: 0,
      refined: { pairs: 1, unchanged: 0, onlyPraise: 0, instruction: 0.5, response: 1 },
      gate: { refined: 1, draft: 0, unreadable: 0 },
      examples: 1.75,
    });
    expect(measurePairs(results, []).namingSkill).toBe(1);
  });

  it('of nothing has no means', () => {
    const none = measurePairs([], []);
    expect([none.instructionWords, none.responseWords, none.examples, none.refined.instruction]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(none.turns).toEqual([]);
  });

  const report: SkillmixReport = {
    formatVersion: 1,
    runName: 'mix',
    status: 'done',
    statusReason: null,
    config: {},
    configHash: '0'.repeat(64),
    seed: 1,
    confidence: 0.95,
    timing: { startedAt: '2026-01-01T00:00:00.000Z', finishedAt: null, seconds: null },
    artifacts: [],
    moreArtifacts: [],
    calls: [],
    loop: 'skillmix',
    numRows: 4,
    datasetRows: 2,
    teacher: { model: 'teacher', isPolicy: true },
    judge: { model: 'teacher', isTeacher: true },
    inventory: {
      counts: {
        named: 9,
        notNames: 1,
        topicNames: 1,
        repeats: 1,
        nearDuplicates: 1,
        skills: 5,
        mergedBy: 'mpnet',
        notEmbedded: 2,
        groupRounds: [
          { names: 7, parts: 2, unread: 0, groups: 5 },
          { names: 5, parts: 1, unread: 0, groups: 5 },
        ],
      },
      source: 'asked',
      skills: 5,
      queryTypes: 3,
    },
    measures,
    samples: results,
  };

  it('shows every turn, and nothing that a text says can become markup', () => {
    const page = renderReportHtml(report);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toContain('<script>alert');
    expect(page).toContain('It[U+202E]depends');
    expect(page).toContain('No row: draft, cannot-combine.');
    expect(page).toContain('it judges its own words');
    expect(page).toContain('user (refined)');
    expect(page).toContain('merged into a name that means the same, by mpnet');
    expect(page).toContain('groups after round 2');
    expect(page).toContain('grouped until nothing changed');
    expect(page).toContain('names without an embedding, compared with none');
  });

  it('says in the terminal how many rows there are of those asked for', () => {
    expect(summarizeReport(report).slice(0, 7)).toEqual([
      'run mix done',
      'rows of the dataset 2 of 4 (2 of 4 pairs that were tried; lost most often by draft/cannot-combine (1))',
      'measured on 5 skills, 3 query types',
      'labels 7 in 5 groups after 2 round(s), stable',
      'skills in rows 3 of 5, 2 combinations',
      'words 1.5 a message, 2.0 an answer; 0 of 2 messages name a skill',
      'refinement changed 50 % of the words of messages and 100 % of answers; 0 of 1 pairs stayed as they were',
    ]);
  });
});
