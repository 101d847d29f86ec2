import { writeExport, type ExportFile } from '../clients/export-folder.ts';
import { encodeParquet } from '../clients/parquet-file.ts';
import { datasetName } from '../domain/artifact-names.ts';
import { alignRows, inferColumns, type ColumnTypes, type TableRow } from '../domain/dataset-export/column-types.ts';
import { planFiles, type ExportArtifact, type ExportFormat } from '../domain/dataset-export/export-plan.ts';
import { renderCard, type CardPart } from '../domain/dataset-export/render-card.ts';
import { toShareGpt } from '../domain/dataset-export/sharegpt.ts';
import type { RunRef } from '../domain/run.ts';
import type { DatasetSummary } from '../domain/synthesis/dataset-summary.ts';
import { findExported, type ExportedRows } from './find-exported.ts';
import { withHeartbeats } from './heartbeats.ts';
import type { RunServicesProvider } from './run-services.ts';

export interface ExportInput {
  readonly run: RunRef;
  readonly artifact: ExportArtifact;
  readonly format: ExportFormat;
  /** Absolute, on the worker's machine. */
  readonly folder: string;
  /** As the hub names it; `null` where nobody gave one. */
  readonly licence: string | null;
  /** Whether an earlier export in that folder is replaced. */
  readonly replace: boolean;
}

export interface ExportResult {
  /** Absolute, on the worker's machine. */
  readonly folder: string;
  /** Names below it. */
  readonly files: readonly string[];
  readonly rows: number;
  /** Rows of the preferences that stand beside the dataset; 0 where none do. */
  readonly preferences: number;
}

/** Files for others, made of what a run has in its store. */
export function createExportDatasetActivities(provider: RunServicesProvider) {
  return {
    /** Writes all files of an export, or none. */
    async exportDataset(input: ExportInput): Promise<ExportResult> {
      const { store } = await provider.of(input.run);
      return withHeartbeats(async () => {
        const rows = await findExported(store, input.run, input.artifact);
        const beside =
          input.format === 'hf' && input.artifact === 'dataset'
            ? await findExported(store, input.run, 'preferences', { isOptional: true })
            : undefined;
        const files = input.format === 'hf' ? hubFolder(input, rows, beside) : plainFiles(input.format, rows);
        const folder = await writeExport(input.folder, files, { replace: input.replace });
        return {
          folder,
          files: files.map(({ name }) => name),
          rows: rows.rows.length,
          preferences: beside?.rows.length ?? 0,
        };
      });
    },
  };
}

function plainFiles(format: Exclude<ExportFormat, 'hf'>, { rows }: ExportedRows): readonly ExportFile[] {
  if (format === 'parquet') return toTable(rows).files;
  const columns = format === 'sharegpt' ? rows.map(toShareGpt) : rows;
  const aligned = alignRows(columns, inferColumns(columns));
  return [{ name: 'train.jsonl', content: aligned.map((row) => `${JSON.stringify(row)}\n`).join('') }];
}

function hubFolder(
  { run, artifact, licence }: ExportInput,
  main: ExportedRows,
  beside: ExportedRows | undefined,
): readonly ExportFile[] {
  const parts = [
    { name: artifact === 'dataset' ? 'default' : artifact, place: 'data', exported: main },
    ...(beside === undefined ? [] : [{ name: 'preferences', place: 'preferences', exported: beside }]),
  ].map(({ name, place, exported }) => ({ name, place, exported, table: toTable(exported.rows) }));
  const card = renderCard({
    runName: run.runName,
    licence,
    languages: languagesOf(main.rows),
    parts: parts.map(({ name, place, exported, table }): CardPart => ({
      name,
      files: `${place}/train-*.parquet`,
      rows: exported.rows.length,
      columns: [...table.columns.keys()],
      manifests: exported.manifests,
    })),
    summary: summaryOf(run, main),
  });
  const lineage = parts.flatMap(({ exported }) => exported.manifests).map(({ summary: _summary, ...rest }) => rest);
  return [
    ...parts.flatMap(({ place, table }) => table.files.map((file) => ({ ...file, name: `${place}/${file.name}` }))),
    { name: 'README.md', content: card },
    { name: 'lineage.json', content: `${JSON.stringify(lineage, null, 2)}\n` },
  ];
}

function toTable(rows: readonly TableRow[]): { readonly columns: ColumnTypes; readonly files: readonly ExportFile[] } {
  const columns = inferColumns(rows);
  return {
    columns,
    files: planFiles(alignRows(rows, columns)).map((file) => ({
      name: file.name,
      content: encodeParquet(file.rows, columns),
    })),
  };
}

function summaryOf({ runName }: RunRef, { manifests }: ExportedRows): DatasetSummary | null {
  const manifest = manifests.find(({ name }) => name === datasetName(runName));
  return manifest === undefined ? null : (manifest.summary as unknown as DatasetSummary);
}

/** Languages that were detected, most rows first. */
function languagesOf(rows: readonly TableRow[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { language } of rows) {
    if (typeof language === 'string' && /^[a-z]{2,3}$/.test(language)) {
      counts.set(language, (counts.get(language) ?? 0) + 1);
    }
  }
  return [...counts]
    .toSorted(([a, rowsOfA], [b, rowsOfB]) => rowsOfB - rowsOfA || (a < b ? -1 : 1))
    .map(([code]) => code);
}
