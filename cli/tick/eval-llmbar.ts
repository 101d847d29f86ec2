import { llmbarDataset, llmbarJudgment } from '../../configs/schema/tick-rows.ts';
import { llmbarStatistics, type LlmbarJudgment } from '../../domain/agreement/llmbar-statistics.ts';
import type { Rate } from '../../domain/agreement/rate.ts';
import { DataError } from '../../domain/errors.ts';
import { formatNumber } from '../../domain/format-number.ts';
import { readJson, readRows } from './read-rows.ts';
import { formatInterval, formatLine, intervalOf, type Section } from './section.ts';

/**
 * A judge on LLMBar, in the words and numbers of upstream's `statistics.json`, and what those leave out.
 *
 * @throws DataError naming file and line
 */
export async function llmbarSection(datasetPath: string, judgmentsPath: string): Promise<Section> {
  const judgments = await readJudgments(datasetPath, judgmentsPath);
  const statistics = llmbarStatistics(judgments);
  const { upstreamKappa, kappa } = statistics;
  const upstream = {
    correct_False: printShare(statistics.correctFalse),
    correct_True: printShare(statistics.correctTrue),
    correct_average: `${printPercent(statistics.correctAverage)}%`,
    correct_both: printShare(statistics.correctBoth),
    equal: printShare(statistics.equal),
    kappa_False: upstreamKappa.asGiven,
    kappa_True: upstreamKappa.swapped,
    kappa_average: upstreamKappa.average,
    kappa_agreement: upstreamKappa.agreement,
  };
  const interval = intervalOf(
    judgments.map(
      ({ label, asGiven, swapped }) => [asGiven, swapped].filter((winner) => winner === String(label)).length / 2,
    ),
  );
  return {
    title: 'LLMBar (False: as given, True: outputs swapped)',
    key: 'llmbar',
    lines: [
      ...Object.entries(upstream).map(([name, value]) =>
        formatLine(name, typeof value === 'string' ? value : formatNumber(value, 4)),
      ),
      formatLine('accuracy over both orders', formatInterval(interval)),
      formatLine(
        'kappa of winners as they are',
        `${formatNumber(kappa.average, 4)}, orders ${formatNumber(kappa.agreement, 4)}`,
      ),
      formatLine('unparsed', `${statistics.unparsed} of ${2 * judgments.length} replies`),
    ],
    object: {
      ...upstream,
      instances: judgments.length,
      unparsed: statistics.unparsed,
      accuracy: interval,
      kappaOfWinners: kappa,
    },
  };
}

async function readJudgments(datasetPath: string, judgmentsPath: string): Promise<readonly LlmbarJudgment[]> {
  const dataset = await readJson(datasetPath, llmbarDataset);
  const rows = await readRows(judgmentsPath, llmbarJudgment);
  if (rows.length !== dataset.length) {
    throw new DataError(
      'data/invalid-row',
      `${judgmentsPath} holds ${rows.length} judgments and ${datasetPath} ${dataset.length} instances: give one for each.`,
    );
  }
  return rows.map(({ where, row: { index, label, asGiven, swapped } }, position) => {
    if (index !== undefined && index !== position) {
      throw new DataError(
        'data/invalid-row',
        `${where}, field i: is ${index}, and this is instance ${position} of the data set.`,
      );
    }
    const expected = dataset[position]?.label;
    if (label !== expected) {
      throw new DataError(
        'data/invalid-row',
        `${where}, field label: is ${label}, and ${datasetPath} says ${expected}.`,
      );
    }
    return { label, asGiven, swapped };
  });
}

/** `72 / 100 = 72.0%`. */
function printShare(rate: Rate): string {
  return `${rate.count} / ${rate.of} = ${printPercent(rate)}%`;
}

/** Python prints a whole float with `.0`. The order of the operations is upstream's, for the last digit. */
function printPercent({ count, of }: Rate): string {
  const percent = (count / of) * 100;
  return Number.isInteger(percent) ? `${percent}.0` : String(percent);
}
