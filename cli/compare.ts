import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, DataError } from '../domain/errors.ts';
import { formatNumber } from '../domain/format-number.ts';
import { renderComparisonHtml } from '../domain/report/compare/compare-html.ts';
import { compareRuns, type ComparedRun, type Comparison } from '../domain/report/compare/compare-runs.ts';
import type { SeedGroup } from '../domain/report/compare/seed-groups.ts';
import { formatBounds, formatSigned } from '../domain/report/format-interval.ts';
import type { OnlineDpoReport, ReportEvaluation } from '../domain/report/online-dpo/online-dpo-report.ts';
import type { Output } from './output.ts';

/**
 * Compares the runs whose `report.json` files, or the folders that hold them, are named; returns the exit code.
 *
 * @throws ConfigError `config/unreadable` for a file that cannot be read or written; DataError `data/invalid-row` for one
 *   that is no report of online training
 */
export async function compare(paths: readonly string[], out: string | undefined, output: Output): Promise<number> {
  const comparison = compareRuns(await Promise.all(paths.map(readReport)));
  if (out !== undefined) await writePage(out, comparison);
  for (const run of comparison.runs) output.line(lineOf(run));
  for (const group of comparison.seedGroups) output.line(seedLineOf(group));
  for (const { field, values } of comparison.differing) output.line(`  ${field}: ${values.join(' | ')}`);
  for (const caution of comparison.cautions) output.error(caution);
  if (out !== undefined) output.line(`Page: ${out}`);
  output.object(comparison);
  return 0;
}

async function writePage(out: string, comparison: Comparison): Promise<void> {
  await writeFile(out, renderComparisonHtml(comparison)).catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError('config/unreadable', `The page ${out} can't be written (${cause.code ?? cause.message}).`, {
      cause,
    });
  });
}

function lineOf({ runName, method, versions, best, rollouts, rowsTrained }: ComparedRun): string {
  const rates = versions.map(({ rate }) => formatNumber(rate?.mean ?? null, 2)).join(' -> ');
  const gain =
    best === null || best.round === 0
      ? 'returns the base'
      : `returns round ${best.round}, ${formatSigned(best.difference?.mean ?? null, 2)} ${formatBounds(best.difference)}`;
  return `${runName} (${method ?? 'no training'}): ${rates}; ${gain}; ${rollouts} rollouts, ${rowsTrained} rows trained on`;
}

function seedLineOf({ method, seeds, versions }: SeedGroup): string {
  const rates = versions.map(({ rate }) => formatNumber(rate?.mean ?? null, 2)).join(' -> ');
  const last = versions.at(-1);
  const spread = last?.differences;
  const gain =
    last === undefined || !spread
      ? 'no round has prompts that all of them measured'
      : `round ${last.round} ${formatSigned(last.difference?.mean ?? null, 2)} ${formatBounds(last.difference)} over ${last.difference?.n ?? 0} prompts, seeds from ${formatSigned(spread.lowest, 2)} to ${formatSigned(spread.highest, 2)}`;
  return `mean over seeds ${seeds.join(', ')} (${method ?? 'no training'}): ${rates}; ${gain}`;
}

async function readReport(named: string): Promise<OnlineDpoReport> {
  const isFolder = await stat(named).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const path = isFolder ? join(named, 'report.json') : named;
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError(
      'config/unreadable',
      `The report ${path} can't be read (${cause.code ?? cause.message}): name the report folder that the last line of a run says.`,
      {
        cause,
      },
    );
  });
  const report = parse(path, text);
  if (report.formatVersion !== 1 || report.loop !== 'online-dpo' || !Array.isArray(report.evaluations)) {
    throw new DataError(
      'data/invalid-row',
      `${path} is no report of online training (loop: ${JSON.stringify(report.loop ?? null)}); name the report.json of runs with loop: online-dpo.`,
    );
  }
  // Reports of before there were gates don't say which version their run returns, later ones not what each prompt's rate is.
  const isOld = report.evaluations.some(({ rates }: Partial<ReportEvaluation>) => rates === undefined);
  if (report.bestRound === undefined || report.method === undefined || isOld) {
    throw new DataError(
      'data/invalid-row',
      `${path} was written by an earlier tickloop and does not say what its run returned, or the rate of each prompt; write it anew with \`tickloop report ${String(report.runName)}\`.`,
    );
  }
  return report as OnlineDpoReport;
}

function parse(path: string, text: string): Partial<OnlineDpoReport> {
  try {
    return (JSON.parse(text) as Partial<OnlineDpoReport> | null) ?? {};
  } catch (cause) {
    throw new DataError('data/invalid-row', `${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}
