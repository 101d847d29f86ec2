import { html, type Html } from '../../html.ts';
import { section } from '../section.ts';
import { pairBlock } from './sample-block.ts';
import type { SkillmixReport } from './skillmix-report.ts';
import { coverageTable, failureTable, inventoryTable, lengthTable, refinementTable, turnTable } from './tables.ts';

/** What the report page of Instruct-SkillMix shows before and after its table of calls. */
export function skillmixSections(report: SkillmixReport): {
  readonly results: Html;
  readonly samples: readonly Html[];
} {
  const { measures, inventory, teacher, judge } = report;
  const hasPairs = measures.pairs > 0;
  const refines = measures.refined.pairs > 0;
  return {
    results: html`${section('Inventory', inventory.skills === 0 ? null : inventoryTable(report), 'The inventory was not finished.')}
    ${section(
      'Rows',
      hasPairs
        ? html`${coverageTable(report)} ${lengthTable(measures)}
            <p class="note">
              Written by ${teacher.model}${teacher.isPolicy ? ', the policy of this run itself' : ''}.
              ${judge?.isTeacher === true ? 'The judge that compares drafts with refined pairs is the same model: it judges its own words.' : ''}
            </p>`
        : null,
      'No pair was finished.',
    )}
    ${section('Turns', hasPairs ? html`${turnTable(measures)} ${failureTable(measures)}` : null, 'No pair was finished.')}
    ${section('Refinement', refines ? refinementTable(measures) : null, 'No pair was refined.')}`,
    samples: report.samples.map((sample, index) => pairBlock(sample, index)),
  };
}
