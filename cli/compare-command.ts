import type { Command } from 'commander';
import { execute } from './execute.ts';

interface CompareFlags {
  readonly out?: string;
  readonly json?: boolean;
}

/** Adds `tickloop compare`. */
export function registerCompareCommand(program: Command): void {
  program
    .command('compare <reports...>')
    .description('put runs of online training side by side, from their report folders or report.json files')
    .option('--out <file>', 'write the page with the chart to this HTML file')
    .option('--json', 'print one JSON object')
    .action((paths: readonly string[], flags: CompareFlags) =>
      execute(flags.json, async (output) => (await import('./compare.ts')).compare(paths, flags.out, output)),
    );
}
