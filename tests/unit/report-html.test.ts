import { describe, expect, it } from 'vitest';
import { escapeHtml, html } from '../../domain/html.ts';
import { curveChart, passRateChart } from '../../domain/report/online-dpo/charts.ts';
import type { OnlineDpoReport } from '../../domain/report/online-dpo/online-dpo-report.ts';
import { renderReportHtml } from '../../domain/report/report-html.ts';
import { summarizeReport } from '../../domain/report/summarize-report.ts';
import { compactMarkup as compact, occurrences } from '../support/compact-markup.ts';
import { makeOnlineDpoReport, makeSample } from '../support/make-online-dpo-report.ts';

const HOSTILE = `</pre><script>alert("x")</script><img src=x onerror='y'>`;
const HOSTILE_ESCAPED =
  '&lt;/pre&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&lt;img src=x onerror=&#39;y&#39;&gt;';

function hostileReport(): OnlineDpoReport {
  const sample = makeSample(0);
  const [first] = sample.rollouts_G;
  if (first === undefined) throw new Error('the fixture has rollouts');
  return makeOnlineDpoReport({
    runName: HOSTILE,
    statusReason: HOSTILE,
    config: { note: HOSTILE },
    samples: [
      {
        ...sample,
        why: HOSTILE,
        prompt: {
          promptId: HOSTILE,
          messages: [{ role: 'user', content: HOSTILE }],
          checklist: [{ question: HOSTILE }],
        },
        rollouts_G: [
          {
            ...first,
            outcome: { ok: true, text: HOSTILE, finishReason: 'stop', rawFinishReason: 'stop' },
            verdicts_I: [{ answer: 'no', by: 'judge', reason: HOSTILE }],
          },
        ],
      },
    ],
    artifacts: [{ name: HOSTILE, step: HOSTILE, contentHash: HOSTILE, rows: 1 }],
  });
}

describe('escaping', () => {
  it('escapes markup, quotes and backticks', () => {
    expect(escapeHtml(`<a b="c" d='e'>&\``)).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;&#96;');
  });

  it('shows control and bidi characters instead of passing them on, and keeps line ends and tabs', () => {
    expect(escapeHtml('a\u0000b\u202ec\u001b[1m\r\n\td')).toBe('a[U+0000]b[U+202E]c[U+001B][1m\n\td');
  });

  it('keeps nested markup but never trusts an object that only looks like it', () => {
    const forged: unknown = { text: '<b>' };
    expect(html`<p>${html`<i>${'<'}</i>`}${[1, null, 'a&b']}</p>`.text).toBe('<p><i>&lt;</i>1a&amp;b</p>');
    expect(() => html`${forged as string}`).toThrow(TypeError);
  });

  it('leaves no tag, script or handler of hostile text in the report', () => {
    const page = renderReportHtml(hostileReport());
    expect(page).not.toMatch(/<script|<img/i);
    // title, h1, reason, sample heading, message, why, answer, question, verdict reason, artifact name and step.
    expect(occurrences(page, HOSTILE_ESCAPED)).toBe(11 + 1);
    expect(occurrences(page, '<pre>')).toBe(occurrences(page, '</pre>'));
  });
});

describe('the report page', () => {
  it('forbids everything but its own styles and refers to nothing outside', () => {
    const page = compact(renderReportHtml(makeOnlineDpoReport()));
    expect(page).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"/>`,
    );
    expect(page).not.toMatch(/https?:|url\(|@import|\ssrc=|\shref=/);
  });

  it('opens with the result and its denominators', () => {
    const page = compact(renderReportHtml(makeOnlineDpoReport()));
    expect(page).toContain('<p class="result">0.26 → 0.47</p>');
    expect(page).toContain('95 % interval of the difference [0.10, 0.31].');
    expect(page).toContain('40 prompts × 2 answers, 0 failed, 0 unparsed, 3 truncated.');
  });

  it('has a caption for each table, an accessible name for each chart and a block for each sample', () => {
    const page = compact(renderReportHtml(makeOnlineDpoReport()));
    expect(occurrences(page, '<table>')).toBe(6);
    expect(occurrences(page, '<caption>')).toBe(6);
    expect(occurrences(page, '<svg ')).toBe(5);
    expect(occurrences(page, 'role="img" aria-label="')).toBe(5);
    expect(occurrences(page, '<details class="sample"')).toBe(10);
  });

  it('prints missing numbers as not reported, never as 0', () => {
    const [round] = makeOnlineDpoReport().rounds;
    if (round === undefined) throw new Error('the fixture has rounds');
    const training = {
      steps: null,
      rows: null,
      dropped: null,
      finalLoss: null,
      finalMargin: null,
      trainSeconds: null,
      resumedFromStep: null,
    };
    const page = compact(renderReportHtml(makeOnlineDpoReport({ rounds: [{ ...round, training, publish: null }] })));
    for (const name of ['steps', 'final loss', 'final margin', 'rows trained on', 'time']) {
      expect(page).toContain(`<th scope="row">${name}</th><td>not reported</td>`);
    }
    expect(page).toContain('<th scope="row">hash of the weights</th><td>not published</td>');
    expect(page).toContain('<th scope="row">resumed from step</th><td>none</td>');
  });

  it('shows an unparsed verdict as itself, with its cause and reason', () => {
    const page = compact(renderReportHtml(makeOnlineDpoReport()));
    expect(page).toContain('<span class="answer unparsed">unparsed</span>');
    expect(page).toContain('<span class="quiet">judge, malformed: no yes or no in the reply</span>');
  });

  it('says so when a run ended before anything was measured', () => {
    const page = compact(
      renderReportHtml(
        makeOnlineDpoReport({
          status: 'failed',
          statusReason: 'The policy server did not answer.',
          timing: { startedAt: '2026-03-04T09:15:02Z', finishedAt: null, seconds: null },
          evaluations: [],
          differences: [],
          rounds: [],
          calls: [],
          samples: [],
          artifacts: [],
        }),
      ),
    );
    expect(page).toContain('<p class="result">not evaluated</p>');
    expect(page).toContain('No round was finished.');
    expect(page).toContain('<dt>Finished</dt><dd>not reported</dd>');
  });
});

describe('the charts', () => {
  it('draws bars and whiskers to scale from 0', () => {
    const [base] = makeOnlineDpoReport().evaluations;
    if (base === undefined) throw new Error('the fixture has evaluations');
    const svg = compact(passRateChart([{ ...base, interval: { mean: 0.25, low: 0.1, high: 0.5, n: 40 } }]).text);
    // 370 units of plot from x = 66 stand for 0 to 0.5.
    expect(svg).toContain('x="66" y="8" width="185.0"');
    expect(svg).toContain('d="M140.0 17H436.0M140.0 12v10M436.0 12v10"');
    expect(svg).toContain('aria-label="Held-out pass rate with interval: base 0.25 [0.10, 0.50]"');
  });

  it('draws neither bar nor whisker for a policy without a pass rate', () => {
    const [base] = makeOnlineDpoReport().evaluations;
    if (base === undefined) throw new Error('the fixture has evaluations');
    const svg = compact(passRateChart([{ ...base, interval: null }]).text);
    expect(svg).toContain('>not reported</text>');
    expect(svg).not.toMatch(/<rect|<path/);
  });

  it('leaves a gap in a curve where a step has no number', () => {
    const points = [0, 1, null, 1, 0].map((loss, step) => ({ step, loss, margin: null, accuracy: null }));
    expect(compact(curveChart(points, 'loss', 'loss').text)).toContain(
      'd="M46.0 114.0L112.0 10.0M244.0 10.0L310.0 114.0"',
    );
    expect(curveChart(points, 'margin', 'reward margin').text).toBe('<p class="quiet">reward margin: not reported</p>');
  });
});

describe('the summary', () => {
  it('tells how many evaluated answers are undecided, out of those that did not fail', () => {
    const report = makeOnlineDpoReport();
    const evaluations = report.evaluations.map((entry) => ({ ...entry, undecided: { count: 9, of: 80 } }));
    const [, , line] = summarizeReport({ ...report, evaluations });
    expect(line).toContain('3 truncated, 9 of 80 measured answers undecided and in no mean');
  });

  it('closes a run with the result, its denominators, the calls and the time', () => {
    expect(summarizeReport(makeOnlineDpoReport())).toEqual([
      'run checklist-lab done',
      'held-out pass rate 0.26 -> 0.47 (95 % interval of the difference [0.10, 0.31])',
      'measured on 40 prompts x 2 answers, 0 failed, 0 unparsed, 3 truncated',
      'model calls 1,818 sent, 1,804 answered, 5 failed, 9 lost and repeated',
      'tokens 452,503 in, 245,912 out',
      'took 47 min 39 s',
    ]);
  });

  it('adds up the tokens that were reported, and says for how many calls none were', () => {
    const calls = makeOnlineDpoReport().calls.map((entry, index) =>
      index === 0 ? { ...entry, promptTokens: null } : entry,
    );
    expect(summarizeReport(makeOnlineDpoReport({ calls }))[4]).toBe(
      // 452,503 - 7,920
      'tokens 444,583 in (not reported for 120 calls), 245,912 out',
    );
  });

  it('names the calls that scored tokens for the divergence apart from those that report theirs', () => {
    const scored = { stage: 'round-001/kl', sent: 1113, answered: 1113, failed: 0, lost: 0 };
    const calls = [...makeOnlineDpoReport().calls, { ...scored, promptTokens: null, completionTokens: null }];
    const lines = summarizeReport(makeOnlineDpoReport({ calls }));
    expect(lines[3]).toContain('model calls 2,931 sent');
    expect(lines[4]).toBe(
      'tokens 452,503 in, 245,912 out; 1,113 calls scored one token each for the KL, and theirs are not counted',
    );
  });

  it('lets no escape sequence of a run name through to the terminal', () => {
    expect(summarizeReport(makeOnlineDpoReport({ runName: 'a\u001b[2Jb' }))[0]).toBe('run a [2Jb done');
  });
});
