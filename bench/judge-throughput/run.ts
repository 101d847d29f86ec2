/** Judged items a second, tickloop beside autochecklist. Usage: see README.md beside this file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { createVllmServer } from '../../clients/vllm-server.ts';
import { judgeWithAutochecklist } from './autochecklist-side.ts';
import { readOptions, type BenchMode } from './options.ts';
import { measureSide, type Side } from './side.ts';
import { drawAnswers, judgeWithTickloop } from './tickloop-side.ts';

const options = readOptions();
const server = createVllmServer({ baseUrl: options.url, timeoutMs: 60_000 });
const folder = mkdtempSync(join(tmpdir(), 'tickloop-bench-'));
const provider = createRunServicesProvider();

try {
  const { tasks, rows } = await drawAnswers(provider, join(folder, 'store'), options);
  const { callsInFlight, listItems, verdict, python } = options;
  console.log(`${rows.length} answers, ${rows.reduce((sum, { questions }) => sum + questions.length, 0)} items`);
  console.log(`tickloop: ${callsInFlight} calls in flight, ${listItems} items a list, verdict ${verdict}`);
  console.log(line(['mode', 'side', 'items', 'decided', 'lost', 's', 'items/s', 'decided/s', 'in', 'out', 'cached']));
  for (const [mode, task] of tasks) {
    const ours = await measureSide(server, () => judgeWithTickloop(provider, task));
    print(mode, 'tickloop', ours);
    if (python === undefined) continue;
    const theirs = await measureSide(server, () => judgeWithAutochecklist(python, folder, mode, rows, options));
    print(mode, 'autochecklist', theirs);
    const ratio = (count: (side: Side) => number) => times(count(ours) / ours.seconds, count(theirs) / theirs.seconds);
    console.log(line([mode, 'ratio', '', '', '', '', ratio(({ items }) => items), ratio(({ decided }) => decided)]));
  }
} finally {
  await provider.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}

function print(mode: BenchMode, name: string, side: Side): void {
  const { items, decided, lost, seconds, promptTokens, completionTokens, hitRate } = side;
  const cells = [
    items,
    decided,
    lost,
    seconds.toFixed(1),
    (items / seconds).toFixed(2),
    (decided / seconds).toFixed(2),
  ];
  const cached = hitRate === undefined ? 'n/a' : `${(100 * hitRate).toFixed(0)} %`;
  console.log(line([mode, name, ...cells.map(String), String(promptTokens), String(completionTokens), cached]));
}

function times(ours: number, theirs: number): string {
  return theirs === 0 ? 'n/a' : `${(ours / theirs).toFixed(1)} x`;
}

function line(cells: readonly string[]): string {
  const [mode = '', side = '', ...numbers] = cells;
  return [mode.padEnd(4), side.padEnd(13), ...numbers.map((cell) => cell.padStart(9))].join(' ').trimEnd();
}
