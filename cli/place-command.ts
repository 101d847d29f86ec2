import type { Command } from 'commander';

/** Where Temporal is, for commands that know no config. */
export interface PlaceFlags {
  readonly address: string;
  readonly namespace: string;
  readonly json?: boolean;
}

/** A command with the options that say where Temporal is. */
export function placeCommand(program: Command, nameAndArguments: string, description: string): Command {
  return program
    .command(nameAndArguments)
    .description(description)
    .option('--address <host:port>', 'Temporal frontend', process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233')
    .option('--namespace <name>', 'Temporal namespace', process.env['TEMPORAL_NAMESPACE'] ?? 'default')
    .option('--json', 'print one JSON object');
}
