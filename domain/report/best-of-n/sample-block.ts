import type { Candidate, Selection } from '../../best-of-n/candidate.ts';
import { formatNumber } from '../../format-number.ts';
import { html, type Html } from '../../html.ts';
import { answerCard } from '../answer-card.ts';
import type { BestOfNSample } from './best-of-n-report.ts';

/** From this many candidates on, those without a mark are folded away. */
const MOST_OPEN = 8;

/** One prompt with all its candidates, who picked which, and why; only the first starts open. */
export function bestOfNSampleBlock(sample: BestOfNSample, index: number): Html {
  const { selection, why } = sample;
  const { candidates_N, failed, greedy, promptId, instruction, distinct } = selection;
  const marked = candidates_N.map((candidate) => [candidate, marksOf(sample, candidate)] as const);
  const isFolded = candidates_N.length > MOST_OPEN;
  const shown = isFolded ? marked.filter(([, marks]) => marks.length > 0) : marked;
  const folded = isFolded ? marked.filter(([, marks]) => marks.length === 0) : [];
  return html`<details class="sample" ${index === 0 ? html` open` : null}>
    <summary>
      <h3>${promptId}</h3>
      <span class="quiet">${candidates_N.length} candidates, ${distinct} different, ${failed} failed</span>
    </summary>
    <div class="message"><pre>${instruction}</pre></div>
    <p class="why">${why}</p>
    <div class="rollouts">
      ${shown.map(([candidate, marks]) => candidateCard(selection, candidate, marks))}
      ${greedy === null ? null : greedyCard(selection, greedy)}
    </div>
    ${
      folded.length === 0
        ? null
        : html`<details>
            <summary>The other ${folded.length} candidates</summary>
            <div class="rollouts">
              ${folded.map(([candidate, marks]) => candidateCard(selection, candidate, marks))}
            </div>
          </details>`
    }
  </details> `;
}

function marksOf({ selection, oracle }: BestOfNSample, { sampleIndex }: Candidate): readonly string[] {
  const { chosen, tied, majority, selfScored, rewarded } = selection;
  const marks: readonly (readonly [string, boolean])[] = [
    ['chosen', chosen === sampleIndex],
    ['tied', tied.length > 1 && tied.includes(sampleIndex)],
    ['oracle', oracle.includes(sampleIndex)],
    ['majority', majority === sampleIndex],
    ['self-score', selfScored === sampleIndex],
    ['reward model', rewarded === sampleIndex],
  ];
  return marks.flatMap(([mark, holds]) => (holds ? [mark] : []));
}

function candidateCard(selection: Selection, candidate: Candidate, marks: readonly string[]): Html {
  const { selfScore, reward, sampleIndex } = candidate;
  const scores = [
    ...(selfScore === null ? [] : [`self-score ${selfScore}`]),
    ...(reward === null ? [] : [`reward ${formatNumber(reward, 3)}`]),
  ];
  return answerCard(candidate, {
    title: `candidate ${sampleIndex}`,
    tags: marks,
    tone: selection.chosen === sampleIndex ? 'good' : 'plain',
    checklist: selection.checklist,
    goldChecklist: selection.goldChecklist,
    ...(scores.length === 0 ? {} : { scores: scores.join(', ') }),
  });
}

/** The greedy answer has gold verdicts only: nobody selects it. */
function greedyCard({ checklist, goldChecklist }: Selection, greedy: Candidate): Html {
  return answerCard(
    { ...greedy, verdicts_I: [], passRate: null },
    { title: 'greedy answer', tags: ['greedy'], tone: 'plain', checklist, goldChecklist },
  );
}
