import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { probabilityRow } from '../../configs/schema/tick-rows.ts';
import { calibrate, squaredError } from '../../domain/agreement/calibration.ts';
import { renderReliabilityHtml } from '../../domain/agreement/reliability-html.ts';
import { ConfigError } from '../../domain/errors.ts';
import { formatNumber } from '../../domain/format-number.ts';
import { readRows, requireUnique } from './read-rows.ts';
import { formatInterval, formatLine, formatRate, intervalOf, type Section } from './section.ts';

/** How far a judge's P(yes) can be believed; writes the picture where a file is named. @throws DataError, ConfigError */
export async function probabilitiesSection(
  path: string,
  binCount: number,
  htmlPath: string | undefined,
): Promise<Section> {
  const rows = await readRows(path, probabilityRow);
  requireUnique(
    rows,
    ({ id, item }) => `id ${JSON.stringify(id)}${item === undefined ? '' : `, item ${JSON.stringify(item)}`}`,
  );
  const forecasts = rows.flatMap(({ row: { probability, human } }) =>
    probability === null ? [] : [{ probability, isYes: human }],
  );
  const calibration = calibrate(forecasts, binCount);
  const brier = intervalOf(forecasts.map(squaredError));
  const unparsed = rows.length - forecasts.length;
  if (htmlPath !== undefined) {
    await writePicture(htmlPath, renderReliabilityHtml({ name: basename(path), calibration, brier, unparsed }));
  }
  return {
    title: `Calibration of P(yes), ${binCount} bins of equal width`,
    key: 'calibration',
    lines: [
      formatLine('ECE', `${formatNumber(calibration.ece, 4)} (${calibration.count} answers)`),
      formatLine('Brier score', formatInterval(brier)),
      formatLine('unparsed', `${unparsed} of ${rows.length}`),
      ...calibration.bins
        .filter(({ count }) => count > 0)
        .map(({ low, high, count, yes, meanProbability, yesRate }) =>
          formatLine(
            `P in [${formatNumber(low, 2)}, ${formatNumber(high, 2)}${high === 1 ? ']' : ')'}, mean ${formatNumber(meanProbability, 3)}`,
            `yes ${formatRate({ rate: yesRate, count: yes, of: count })}`,
          ),
        ),
      ...(htmlPath === undefined ? [] : [formatLine('picture', htmlPath)]),
    ],
    object: { ...calibration, brierInterval: brier, unparsed, picture: htmlPath ?? null },
  };
}

async function writePicture(path: string, page: string): Promise<void> {
  await writeFile(path, page).catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError('config/unusable', `--html ${path} can't be written (${cause.code ?? cause.message}).`, {
      cause,
    });
  });
}
