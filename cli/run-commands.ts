import { InvalidArgumentError, type Command } from 'commander';
import { execute } from './execute.ts';
import { placeCommand, type PlaceFlags } from './place-command.ts';

// Commands are loaded when they are called: Temporal's packages take longer to load than most commands take to run.
const loadRuns = () => import('./runs.ts');
const loadAnswers = () => import('./answer-run.ts');

interface RunFlags {
  readonly json?: boolean;
  readonly name?: string;
  readonly set: readonly string[];
  readonly rounds?: number;
  readonly detach?: boolean;
  readonly keepStack?: boolean;
  /** False with `--no-worker`. */
  readonly worker: boolean;
}

/** Adds the commands that start runs, look at them and steer them. */
export function registerRunCommands(program: Command): void {
  addRun(program);
  addValidate(program);
  placeCommand(program, 'status <run>', 'say where a run is').action((name: string, flags: PlaceFlags) =>
    execute(flags.json, async (output) => (await loadRuns()).showStatus(name, flags, output)),
  );
  placeCommand(program, 'watch <run>', 'show a run until it ends').action((name: string, flags: PlaceFlags) =>
    execute(flags.json, async (output) => (await loadRuns()).watch(name, flags, output)),
  );
  placeCommand(program, 'list', 'list the runs').action((flags: PlaceFlags) =>
    execute(flags.json, async (output) => (await loadRuns()).listRuns(flags, output)),
  );
  placeCommand(program, 'report <run>', 'write the report of a run as it is now').action(
    (name: string, flags: PlaceFlags) =>
      execute(flags.json, async (output) => (await loadRuns()).report(name, flags, output)),
  );
  for (const [kind, description] of [
    ['pause', 'finish what is in the air, then wait'],
    ['resume', 'go on with a paused run'],
    ['stop', 'end a run; `run` goes on with it later'],
  ] as const) {
    placeCommand(program, `${kind} <run>`, description).action((name: string, flags: PlaceFlags) =>
      execute(flags.json, async (output) => (await loadRuns()).signalRun(kind, name, flags, output)),
    );
  }
  for (const [answer, description] of [
    ['approve', 'accept the round that a run waits with'],
    ['reject', 'roll it back to the best version'],
  ] as const) {
    placeCommand(program, `${answer} <run>`, description).action((name: string, flags: PlaceFlags) =>
      execute(flags.json, async (output) => (await loadAnswers()).answerRun(answer, name, flags, output)),
    );
  }
}

function addRun(program: Command): void {
  program
    .command('run <config>')
    .description('start a run, or go on with the one of that name')
    .option('--name <name>', 'name of the run (default: the name of the file)')
    .option('--set <field=value>', 'override a field of the config; may be repeated', collect, [])
    .option('--rounds <n>', 'same as --set rounds=<n>', positiveInteger)
    .option('--detach', 'start it and return')
    .option('--keep-stack', 'leave the local servers running at the end')
    .option('--no-worker', 'start no worker here: they run elsewhere')
    .option('--json', 'print one JSON object')
    .action((configPath: string, flags: RunFlags) =>
      execute(flags.json, async (output) => {
        const { run } = await import('./run.ts');
        const options = {
          configPath,
          name: flags.name,
          sets: flags.set,
          rounds: flags.rounds,
          detach: flags.detach === true,
          keepStack: flags.keepStack === true,
          startsWorker: flags.worker,
        };
        return run(options, output);
      }),
    );
}

function addValidate(program: Command): void {
  program
    .command('validate <config>')
    .description('check a config file and name every mistake')
    .option('--set <field=value>', 'override a field of the config; may be repeated', collect, [])
    .option('--json', 'print one JSON object')
    .action((configPath: string, flags: { readonly set: readonly string[]; readonly json?: boolean }) =>
      execute(flags.json, async (output) => {
        const { validate } = await import('./validate.ts');
        return validate(configPath, flags.set, output);
      }),
    );
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('it must be a whole number above 0.');
  return value;
}
