import { writeExport, type ExportFile } from '../../clients/export-folder.ts';
import { encodeParquet } from '../../clients/parquet-file.ts';
import { datasetName } from '../../domain/artifact-names.ts';
import {
  alignRows,
  createColumnFinder,
  type ColumnTypes,
  type TableRow,
} from '../../domain/dataset-export/column-types.ts';
import {
  LINEAGE_FILE,
  planFiles,
  ROWS_PER_FILE,
  type ExportArtifact,
  type ExportFormat,
} from '../../domain/dataset-export/export-plan.ts';
import { publicStamp } from '../../domain/dataset-export/public-facts.ts';
import { renderCard, type CardPart } from '../../domain/dataset-export/render-card.ts';
import { toShareGpt } from '../../domain/dataset-export/sharegpt.ts';
import type { RunRef } from '../../domain/run.ts';
import { gatherShards } from '../../domain/shards.ts';
import type { DatasetSummary } from '../../domain/synthesis/dataset-summary.ts';
import { findExported, type ExportedRows } from './find-exported.ts';
import { withHeartbeats } from '../heartbeats.ts';
import type { RunServicesProvider } from '../run-services.ts';

/** Rows of a JSONL file that are turned into text at a time. */
const ROWS_OF_LINES = 1000;

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
        const files = await layOut(input, rows, beside);
        const written = await writeExport(input.folder, files, { replace: input.replace });
        return {
          ...written,
          files: files.map(({ name }) => name),
          rows: rows.count,
          preferences: beside?.count ?? 0,
        };
      });
    },
  };
}

/** All files of an export: the rows, a card and the lineage. The rows are read once for their columns, and again as their files are written. */
async function layOut(
  { run, artifact, format, licence }: ExportInput,
  main: ExportedRows,
  beside: ExportedRows | undefined,
): Promise<readonly ExportFile[]> {
  const languages = createLanguageCounts();
  const table = await toTable(main, format, 'data', (row) => languages.add(row));
  const parts = [{ name: artifact === 'dataset' ? 'default' : artifact, exported: main, table }];
  if (beside !== undefined) {
    parts.push({ name: 'preferences', exported: beside, table: await toTable(beside, format, 'preferences') });
  }
  const card = renderCard({
    runName: run.runName,
    licence,
    languages: languages.result(),
    parts: parts.map(({ name, exported, table: { pattern, columns } }): CardPart => ({
      name,
      files: pattern,
      columns,
      rows: exported.count,
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
    ...parts.flatMap(({ table: { files } }) => files),
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

/**
 * @param place folder of the files in a hub's layout
 * @param look sees every row before it is converted
 */
async function toTable(
  exported: ExportedRows,
  format: ExportFormat,
  place: string,
  look: (row: TableRow) => void = () => {},
): Promise<ExportedTable> {
  const convert = (row: TableRow) => (format === 'sharegpt' ? toShareGpt(row) : row);
  const finder = createColumnFinder();
  for await (const rows of exported.read()) {
    for (const row of rows) {
      look(row);
      finder.add(convert(row));
    }
  }
  const columns = finder.result();
  async function* alignedRows(): AsyncGenerator<TableRow, void> {
    for await (const rows of exported.read()) yield* alignRows(rows.map(convert), columns);
  }
  if (format === 'jsonl' || format === 'sharegpt') {
    return {
      columns,
      files: [{ name: 'train.jsonl', content: toLines(gatherShards(alignedRows(), ROWS_OF_LINES)) }],
      pattern: 'train.jsonl',
    };
  }
  const folder = format === 'hf' ? `${place}/` : '';
  // Files are written one after the other: each takes the next rows.
  const shards = gatherShards(alignedRows(), ROWS_PER_FILE);
  return {
    columns,
    files: planFiles(exported.count).map((name) => ({
      name: `${folder}${name}`,
      content: encodeNext(shards, columns),
    })),
    pattern: `${folder}train-*.parquet`,
  };
}

async function* toLines(shards: AsyncIterable<readonly TableRow[]>): AsyncGenerator<string, void> {
  for await (const rows of shards) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

async function* encodeNext(
  shards: AsyncGenerator<readonly TableRow[], void>,
  columns: ColumnTypes,
): AsyncGenerator<Uint8Array, void> {
  const { value } = await shards.next();
  yield encodeParquet(value ?? [], columns);
}

function summaryOf({ runName }: RunRef, { manifests }: ExportedRows): DatasetSummary | null {
  const manifest = manifests.find(({ name }) => name === datasetName(runName));
  return manifest === undefined ? null : (manifest.summary as unknown as DatasetSummary);
}

/** Languages that were detected, most rows first. */
function createLanguageCounts() {
  const counts = new Map<string, number>();
  return {
    add({ language }: TableRow): void {
      if (typeof language !== 'string' || !/^[a-z]{2,3}$/.test(language)) return;
      counts.set(language, (counts.get(language) ?? 0) + 1);
    },
    result: (): readonly string[] =>
      [...counts].toSorted(([a, rowsOfA], [b, rowsOfB]) => rowsOfB - rowsOfA || (a < b ? -1 : 1)).map(([code]) => code),
  };
}
