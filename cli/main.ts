import { Command } from 'commander';
import { registerChecklistsCommands } from './checklists-commands.ts';
import { registerCompareCommand } from './compare-command.ts';
import { registerExportCommand } from './export-command.ts';
import { registerRunCommands } from './run-commands.ts';
import { registerStackCommands } from './stack-commands.ts';
import { registerTickCommands } from './tick-commands.ts';
import { registerVerifyCommands } from './verify-commands.ts';
import { registerWildbenchCommands } from './wildbench-commands.ts';

const program = new Command('tickloop')
  .description('Durable self-improvement loops for language models')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .showHelpAfterError();

registerRunCommands(program);
registerCompareCommand(program);
registerExportCommand(program);
registerStackCommands(program);
registerChecklistsCommands(program);
registerVerifyCommands(program);
registerTickCommands(program);
registerWildbenchCommands(program);
await program.parseAsync();
