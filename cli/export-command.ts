import { Option, type Command } from 'commander';
import { EXPORT_ARTIFACTS, EXPORT_FORMATS } from '../domain/dataset-export/export-plan.ts';
import { execute } from './execute.ts';
import type { ExportFlags } from './export-run.ts';
import { placeCommand } from './place-command.ts';

/** Adds `tickloop export`. */
export function registerExportCommand(program: Command): void {
  placeCommand(program, 'export <run>', 'write what a run has made as files for others')
    .addOption(
      new Option('--format <format>', 'jsonl, parquet or sharegpt files, or hf: a folder for the Hugging Face hub')
        .choices(EXPORT_FORMATS)
        .makeOptionMandatory(),
    )
    .requiredOption('--to <folder>', "folder to make, on the worker's machine")
    .addOption(new Option('--artifact <rows>', 'what to export').choices(EXPORT_ARTIFACTS).default('dataset'))
    .option('--licence <id>', 'licence on the card, such as apache-2.0')
    .option('--force', 'replace an earlier export in that folder')
    .action((name: string, flags: ExportFlags) =>
      execute(flags.json, async (output) => (await import('./export-run.ts')).exportRun(name, flags, output)),
    );
}
