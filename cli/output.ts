import { stripControls } from './terminal-text.ts';

/** Where a command prints: lines for people, or with `--json` one object. */
export interface Output {
  readonly json: boolean;
  line(text: string): void;
  error(text: string): void;
  object(value: object): void;
}

/** Prints to the terminal; in JSON mode lines go to stderr, so that stdout is one object. */
export function createOutput(json: boolean): Output {
  leaveQuietlyOnClosedPipe();
  const clean = (text: string) => text.split('\n').map(stripControls).join('\n');
  return {
    json,
    line: (text) => (json ? process.stderr : process.stdout).write(`${clean(text)}\n`),
    error: (text) => process.stderr.write(`${clean(text)}\n`),
    object: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value)}\n`);
    },
  };
}

const watched = new WeakSet<NodeJS.WriteStream>();

/** `tickloop ... | head` closes the pipe: that is the reader's wish, not a failure. */
function leaveQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    // Others listen too: the loader pipes its own threads there, and throws what nobody else has taken.
    if (watched.has(stream)) continue;
    watched.add(stream);
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit();
      throw error;
    });
  }
}
