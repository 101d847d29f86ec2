import { Command, InvalidArgumentError } from 'commander';
import { doctor } from './doctor.ts';
import { down } from './down.ts';
import { exitCodeOf, failureOf } from './failure-of.ts';
import { createOutput, type Output } from './output.ts';
import { run } from './run.ts';
import { listRuns, report, showStatus, signalRun, watch, type RunsOptions } from './runs.ts';
import { up } from './up.ts';
import { validate } from './validate.ts';

const DEFAULT_TEMPORAL = process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233';
const DEFAULT_VLLM = process.env['TICKLOOP_VLLM_URL'] ?? 'http://127.0.0.1:8011';

interface PlaceFlags extends RunsOptions {
  readonly json?: boolean;
}

interface StackFlags extends PlaceFlags {
  readonly vllmUrl: string;
  readonly taskQueue: string;
}

interface RunFlags {
  readonly json?: boolean;
  readonly name?: string;
  readonly set: readonly string[];
  readonly rounds?: number;
  readonly detach?: boolean;
  readonly keepStack?: boolean;
}

/** Runs a command, prints what went wrong in one place, and sets the exit code. */
async function execute(json: boolean | undefined, command: (output: Output) => Promise<number>): Promise<void> {
  const output = createOutput(json === true);
  try {
    process.exitCode = await command(output);
  } catch (error) {
    const failure = failureOf(error);
    output.error(`error ${failure.code}: ${failure.message}`);
    output.object({ error: failure });
    process.exitCode = exitCodeOf(failure);
  }
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('it must be a whole number above 0.');
  return value;
}

const collect = (value: string, earlier: readonly string[]): readonly string[] => [...earlier, value];

const program = new Command('tickloop')
  .description('Durable self-improvement loops for language models')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .showHelpAfterError();

function placeCommand(nameAndArguments: string, description: string): Command {
  return program
    .command(nameAndArguments)
    .description(description)
    .option('--address <host:port>', 'Temporal frontend', DEFAULT_TEMPORAL)
    .option('--namespace <name>', 'Temporal namespace', 'default')
    .option('--json', 'print one JSON object');
}

function stackCommand(name: string, description: string): Command {
  return placeCommand(name, description)
    .option('--vllm-url <url>', 'vLLM server', DEFAULT_VLLM)
    .option('--task-queue <prefix>', 'prefix of the task queues', 'tickloop');
}

program
  .command('run <config>')
  .description('start a run, or go on with the one of that name')
  .option('--name <name>', 'name of the run (default: the name of the file)')
  .option('--set <field=value>', 'override a field of the config; may be repeated', collect, [])
  .option('--rounds <n>', 'same as --set rounds=<n>', positiveInteger)
  .option('--detach', 'start it and return')
  .option('--keep-stack', 'leave the local servers running at the end')
  .option('--json', 'print one JSON object')
  .action((configPath: string, flags: RunFlags) =>
    execute(flags.json, (output) =>
      run(
        {
          configPath,
          name: flags.name,
          sets: flags.set,
          rounds: flags.rounds,
          detach: flags.detach === true,
          keepStack: flags.keepStack === true,
        },
        output,
      ),
    ),
  );

program
  .command('validate <config>')
  .description('check a config file and name every mistake')
  .option('--set <field=value>', 'override a field of the config; may be repeated', collect, [])
  .option('--json', 'print one JSON object')
  .action((configPath: string, flags: { readonly set: readonly string[]; readonly json?: boolean }) =>
    execute(flags.json, (output) => validate(configPath, flags.set, output)),
  );

placeCommand('status <run>', 'say where a run is').action((name: string, flags: PlaceFlags) =>
  execute(flags.json, (output) => showStatus(name, flags, output)),
);
placeCommand('watch <run>', 'show a run until it ends').action((name: string, flags: PlaceFlags) =>
  execute(flags.json, (output) => watch(name, flags, output)),
);
placeCommand('list', 'list the runs').action((flags: PlaceFlags) =>
  execute(flags.json, (output) => listRuns(flags, output)),
);
placeCommand('report <run>', 'write the report of a run as it is now').action((name: string, flags: PlaceFlags) =>
  execute(flags.json, (output) => report(name, flags, output)),
);
for (const [kind, description] of [
  ['pause', 'finish what is in the air, then wait'],
  ['resume', 'go on with a paused run'],
  ['stop', 'end a run; `run` goes on with it later'],
] as const) {
  placeCommand(`${kind} <run>`, description).action((name: string, flags: PlaceFlags) =>
    execute(flags.json, (output) => signalRun(kind, name, flags, output)),
  );
}

stackCommand('up', 'start the local stack: Temporal, vLLM and a worker').action((flags: StackFlags) =>
  execute(flags.json, async (output) => {
    const code = await up({ ...flags, temporalAddress: flags.address }, output.line);
    output.object({ up: code === 0 });
    return code;
  }),
);
program
  .command('down')
  .description('stop the local stack')
  .option('--json', 'print one JSON object')
  .action((flags: { readonly json?: boolean }) =>
    execute(flags.json, async (output) => {
      const code = await down(output.line);
      output.object({ down: code === 0 });
      return code;
    }),
  );
stackCommand('doctor', 'say what is installed and what runs').action((flags: StackFlags) =>
  execute(flags.json, () =>
    doctor({ ...flags, temporalAddress: flags.address, json: flags.json === true }, (line) =>
      process.stdout.write(`${line}\n`),
    ),
  ),
);

await program.parseAsync();
