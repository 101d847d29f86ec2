import { Option, type Command } from 'commander';
import { EXPORT_FORMATS, exportChecklists, type ExportFlags } from './checklists/export-checklists.ts';
import { IMPORT_FORMATS, importChecklists, type ImportFlags } from './checklists/import-checklists.ts';
import { execute } from './execute.ts';

interface JsonFlag {
  readonly json?: boolean;
}

/** Adds `tickloop checklists import` and `tickloop checklists export`. */
export function registerChecklistsCommands(program: Command): void {
  const checklists = program.command('checklists').description('prompts and their checklists in other formats');
  checklists
    .command('import')
    .description('turn a file of another format into a prompt set')
    .addOption(new Option('--from <format>', 'format of the file').choices(IMPORT_FORMATS).makeOptionMandatory())
    .requiredOption('--in <file>', 'file to read: JSONL, or one JSON list')
    .requiredOption('--out <file>', 'prompt set to write, JSONL')
    .option('--prompts <file>', 'prompt set that a rubric of verifiers is for')
    .option('--json', 'print one JSON object')
    .action((flags: ImportFlags & JsonFlag) => execute(flags.json, (output) => importChecklists(flags, output)));
  checklists
    .command('export')
    .description('write a prompt set in another format')
    .addOption(new Option('--to <format>', 'format to write').choices(EXPORT_FORMATS).makeOptionMandatory())
    .requiredOption('--in <file>', 'prompt set to read, JSONL')
    .requiredOption('--out <file>', 'file to write, JSONL')
    .option('--json', 'print one JSON object')
    .action((flags: ExportFlags & JsonFlag) => execute(flags.json, (output) => exportChecklists(flags, output)));
}
