import { Option, type Command } from 'commander';
import { WORKER_ROLES, type WorkerRole } from '../domain/task-queues.ts';
import { execute } from './execute.ts';
import { placeCommand, type PlaceFlags } from './place-command.ts';

interface StackFlags extends PlaceFlags {
  readonly vllmUrl: string;
  readonly taskQueue: string;
  readonly role?: readonly WorkerRole[];
  readonly devEndpoints?: boolean;
}

/** Adds the commands about the servers of this machine. */
export function registerStackCommands(program: Command): void {
  stackCommand(program, 'up', 'start the local stack: Temporal, vLLM and a worker')
    .addOption(new Option('--role <role...>', 'what the worker serves (default: everything)').choices(WORKER_ROLES))
    .option(
      '--dev-endpoints',
      'start vLLM so that it takes whole weights at run time; without a key, so on loopback only',
    )
    .action((flags: StackFlags) =>
      execute(flags.json, async (output) => {
        const { up } = await import('./up.ts');
        const { role, ...place } = flags;
        const code = await up(
          { ...place, temporalAddress: flags.address, ...(role === undefined ? {} : { roles: role }) },
          output.line,
        );
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
        const { down } = await import('./down.ts');
        const code = await down(output.line);
        output.object({ down: code === 0 });
        return code;
      }),
    );
  stackCommand(program, 'doctor', 'say what is installed and what runs').action((flags: StackFlags) =>
    execute(flags.json, async () => {
      const { doctor } = await import('./doctor.ts');
      return doctor({ ...flags, temporalAddress: flags.address, json: flags.json === true }, (line) =>
        process.stdout.write(`${line}\n`),
      );
    }),
  );
}

function stackCommand(program: Command, name: string, description: string): Command {
  return placeCommand(program, name, description)
    .option('--vllm-url <url>', 'vLLM server', process.env['TICKLOOP_VLLM_URL'] ?? 'http://127.0.0.1:8011')
    .option('--task-queue <prefix>', 'prefix of the task queues', 'tickloop');
}
