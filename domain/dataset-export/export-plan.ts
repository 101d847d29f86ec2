/** What an export writes. `hf`: a folder for the Hugging Face hub, Parquet with a card; the others: files of one kind. */
export const EXPORT_FORMATS = ['jsonl', 'parquet', 'hf', 'sharegpt'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Rows of a run that can be exported. */
export const EXPORT_ARTIFACTS = ['dataset', 'preferences', 'sft-rows'] as const;
export type ExportArtifact = (typeof EXPORT_ARTIFACTS)[number];

/** The file of every export that says what it was made of. */
export const LINEAGE_FILE = 'lineage.json';

/** Folders that an export makes within its own. */
export const EXPORT_PLACES: ReadonlySet<string> = new Set(['data', 'preferences']);

const EXPORT_FILE =
  /^(?:README\.md|lineage\.json|train\.jsonl|(?:(?:data|preferences)\/)?train-\d{5}-of-\d{5}\.parquet)$/;

/** Whether an export may have written a file of this name, relative to its folder. */
export function isExportFile(name: string): boolean {
  return EXPORT_FILE.test(name);
}

/** Rows of a Parquet file, which is made in memory: a few hundred megabytes at most. */
export const ROWS_PER_FILE = 50_000;

/** Names of the files that so many rows go into, as the hub names them: `train-00000-of-00002.parquet`. */
export function planFiles(rows: number, rowsPerFile: number = ROWS_PER_FILE): readonly string[] {
  const count = Math.max(1, Math.ceil(rows / rowsPerFile));
  const pad = (value: number) => value.toString().padStart(5, '0');
  return Array.from({ length: count }, (_, index) => `train-${pad(index)}-of-${pad(count)}.parquet`);
}
