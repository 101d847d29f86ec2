import type { Checklist, Verdict } from '../checklist.ts';
import { tagOfEnd, type FinishReason } from '../completion.ts';
import { formatNumber } from '../format-number.ts';
import { html, type Html, type HtmlValue } from '../html.ts';
import { verdictList } from './verdict-list.ts';

/** An answer as a sample shows it. */
export interface CardAnswer {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly verdicts_I: readonly Verdict[];
  readonly passRate: number | null;
  readonly gold_I: readonly Verdict[];
  readonly goldPassRate: number | null;
}

/** What stands around the answer. */
export interface CardFrame {
  readonly title: string;
  readonly tags: readonly string[];
  readonly tone: 'good' | 'bad' | 'plain';
  readonly checklist: Checklist;
  readonly goldChecklist: Checklist;
  /** Further numbers, such as a score. */
  readonly scores?: string;
  readonly remarks?: HtmlValue;
}

const TONES = { good: 'chosen', bad: 'rejected', plain: 'unused' } as const;

/** One answer with its marks, its pass rates, and each verdict with its reason. */
export function answerCard(answer: CardAnswer, frame: CardFrame): Html {
  const { title, tags, tone, checklist, goldChecklist, scores, remarks } = frame;
  const end = tagOfEnd(answer.finishReason);
  const marks = [...tags, ...(end === null ? [] : [end])];
  const gold =
    answer.goldPassRate === null && answer.gold_I.length > 0 ? 'undecided' : formatNumber(answer.goldPassRate, 2);
  const rates = `judge ${formatNumber(answer.passRate, 2)}, gold ${gold}${scores === undefined ? '' : `, ${scores}`}`;
  return html`<article class="rollout ${TONES[tone]}">
    <h4>
      ${title} ${marks.map((mark) => html`<span class="tag ${mark === end ? '' : TONES[tone]}">${mark}</span> `)}
      <span class="rate">${rates}</span>
    </h4>
    <pre>${answer.text === '' ? '(empty answer)' : answer.text}</pre>
    ${remarks ?? null} ${verdictsOf(answer, checklist, goldChecklist)}
  </article>`;
}

/** The judge's verdicts, and below them those of gold where they differ in any way. */
function verdictsOf({ verdicts_I, gold_I }: CardAnswer, checklist: Checklist, goldChecklist: Checklist): Html {
  if (gold_I.length === 0) return html`${verdictList(checklist, verdicts_I)}`;
  if (verdicts_I.length === 0)
    return html`<p class="verdicts-of">gold</p>
      ${verdictList(goldChecklist, gold_I)}`;
  if (isAlike(checklist, verdicts_I, goldChecklist, gold_I)) {
    return html`<p class="verdicts-of">judge and gold alike</p>
      ${verdictList(checklist, verdicts_I)}`;
  }
  return html`<p class="verdicts-of">judge</p>
    ${verdictList(checklist, verdicts_I)}
    <p class="verdicts-of">gold</p>
    ${verdictList(goldChecklist, gold_I)}`;
}

function isAlike(
  ...[checklist, verdicts_I, goldChecklist, gold_I]: [Checklist, readonly Verdict[], Checklist, readonly Verdict[]]
): boolean {
  const text = (questions: Checklist, verdicts: readonly Verdict[]) =>
    JSON.stringify(
      verdicts.map(({ answer, by, reason }, index) => [questions[index]?.question ?? null, answer, by, reason]),
    );
  return text(checklist, verdicts_I) === text(goldChecklist, gold_I);
}
