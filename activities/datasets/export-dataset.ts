import { writeExport, type ExportFile } from '../../clients/export-folder.ts';
import { encodeParquet } from '../../clients/parquet-file.ts';
import { datasetName } from '../../domain/artifact-names.ts';
import { alignRows, inferColumns, type ColumnTypes, type TableRow } from '../../domain/dataset-export/column-types.ts';
import {
  LINEAGE_FILE,
  planFiles,
  type ExportArtifact,
  type ExportFormat,
} from '../../domain/dataset-export/export-plan.ts';
import { publicStamp } from '../../domain/dataset-export/public-facts.ts';
import { renderCard, type CardPart } from '../../domain/dataset-export/render-card.ts';
import { toShareGpt } from '../../domain/dataset-export/sharegpt.ts';
import type { RunRef } from '../../domain/run.ts';
import type { DatasetSummary } from '../../domain/synthesis/dataset-summary.ts';
import { findExported, type ExportedRows } from './find-exported.ts';
import { withHeartbeats } from '../heartbeats.ts';
import type { RunServicesProvider } from '../run-services.ts';

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
  /** Folders of exports that were broken off there. */
  readonly leftBehind: readonly string[];
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
        const files = layOut(input, rows, beside);
        const written = await writeExport(input.folder, files, { replace: input.replace });
        return {
          ...written,
          files: files.map(({ name }) => name),
          rows: rows.rows.length,
          preferences: beside?.rows.length ?? 0,
        };
      });
    },
  };
}

/** All files of an export: the rows, a card and the lineage. */
function layOut(
  { run, artifact, format, licence }: ExportInput,
  main: ExportedRows,
  beside: ExportedRows | undefined,
): readonly ExportFile[] {
  const parts = [
    { name: artifact === 'dataset' ? 'default' : artifact, place: 'data', exported: main },
    ...(beside === undefined ? [] : [{ name: 'preferences', place: 'preferences', exported: beside }]),
  ].map(({ name, place, exported }) => ({ name, exported, table: toTable(exported.rows, format, place) }));
  const card = renderCard({
    runName: run.runName,
    licence,
    languages: languagesOf(main.rows),
    parts: parts.map(({ name, exported, table }): CardPart => ({
      name,
      files: table.pattern,
      columns: table.columns,
      rows: exported.rows.length,
      manifests: exported.manifests,
    })),
    summary: summaryOf(run, main),
  });
  const lineage = parts
    .flatMap(({ exported }) => exported.manifests)
    .map(({ summary: _summary, policy, ...rest }) => ({
      ...rest,
      policy: policy === null ? null : publicStamp(policy),
    }));
  return [
    ...parts.flatMap(({ table }) => table.files),
    { name: 'README.md', content: card },
    { name: LINEAGE_FILE, content: `${JSON.stringify(lineage, null, 2)}\n` },
  ];
}

interface ExportedTable {
  readonly columns: ColumnTypes;
  readonly files: readonly ExportFile[];
  /** Of the files' names. */
  readonly pattern: string;
}

/** @param place folder of the files in a hub's layout */
function toTable(exported: readonly TableRow[], format: ExportFormat, place: string): ExportedTable {
  const rows = format === 'sharegpt' ? exported.map(toShareGpt) : exported;
  const columns = inferColumns(rows);
  const aligned = alignRows(rows, columns);
  if (format === 'jsonl' || format === 'sharegpt') {
    const content = aligned.map((row) => `${JSON.stringify(row)}\n`).join('');
    return { columns, files: [{ name: 'train.jsonl', content }], pattern: 'train.jsonl' };
  }
  const folder = format === 'hf' ? `${place}/` : '';
  return {
    columns,
    files: planFiles(aligned).map((file) => ({
      name: `${folder}${file.name}`,
      content: encodeParquet(file.rows, columns),
    })),
    pattern: `${folder}train-*.parquet`,
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
