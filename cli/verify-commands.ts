import type { Command } from 'commander';
import { execute } from './execute.ts';

interface VerifyFlags {
  readonly prompts: string;
  readonly responses: string;
  readonly partial?: boolean;
  readonly json?: boolean;
}

/** Adds `tickloop verify`. */
export function registerVerifyCommands(program: Command): void {
  program
    .command('verify')
    .description('score responses to IFEval’s prompts by code, strictly and loosely')
    .requiredOption('--prompts <file>', 'rows of IFEval, for example configs/data/ifeval/input_data.jsonl')
    .requiredOption('--responses <file>', 'one {"prompt", "response"} a line')
    .option('--partial', 'score the prompts that have a response and name the others')
    .option('--json', 'print one JSON object')
    .action((flags: VerifyFlags) =>
      execute(flags.json, async (output) => {
        // The tables of the language detector are large; only this command pays for them.
        const { verify } = await import('./verify.ts');
        return verify({ ...flags, partial: flags.partial === true }, output);
      }),
    );
}
