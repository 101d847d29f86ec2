import { formatCount } from '../format-number.ts';
import { html, type Html } from '../html.ts';
import { row } from './table.ts';
import type { CountOf, VerdictTally } from './tally-verdicts.ts';

/** `12 of 48`, the denominator quietly. */
export function share(count: number, of: number): Html {
  return html`${formatCount(count)} <span class="quiet">of ${formatCount(of)}</span>`;
}

/** Rows of verdicts, one column a tally: all, yes, unparsed, and each cause that occurs. `null` says that nobody was asked. */
export function verdictRows(tallies: readonly (VerdictTally | null)[]): readonly Html[] {
  const all = ({ yes, no, unparsed }: VerdictTally) => yes + no + unparsed;
  const cells = (pick: (tally: VerdictTally) => Html) =>
    tallies.map((tally) => (tally === null ? 'not judged' : pick(tally)));
  const causes = [...new Set(tallies.flatMap((tally) => (tally?.causes ?? []).map(([cause]) => cause)))];
  return [
    row(
      'yes, of the decided',
      cells((tally) => share(tally.yes, tally.yes + tally.no)),
    ),
    row(
      'unparsed, of all',
      cells((tally) => share(tally.unparsed, all(tally))),
    ),
    ...causes.map((cause) =>
      row(
        html`unparsed: ${cause}`,
        cells((tally) => share(tally.causes.find(([name]) => name === cause)?.[1] ?? 0, tally.unparsed)),
      ),
    ),
  ];
}

/** The row of answers that are in no mean, one column a count; `null` says that nothing was measured. */
export function undecidedRow(counts: readonly (CountOf | null)[]): Html {
  return row(
    'answers undecided: fewer items decided than evaluation.minCoverage asks for',
    counts.map((undecided) => (undecided === null ? 'not judged' : share(undecided.count, undecided.of))),
  );
}

/** Says how many answers are in no mean; nothing where there are none. */
export function undecidedNotes(undecided: CountOf | null): readonly string[] {
  if (undecided === null || undecided.count === 0) return [];
  return [`${formatCount(undecided.count)} of ${formatCount(undecided.of)} measured answers undecided and in no mean`];
}
