/** Rows a minute of Magpie, tickloop beside distilabel, and what a kill costs. Usage: see README.md beside this file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCountingProxy } from './counting-proxy.ts';
import { runDistilabel } from './distilabel-side.ts';
import { readOptions } from './options.ts';
import { describePairs, measureRun, type Pair, type SideRun } from './side.ts';
import { runTickloopMagpie } from './tickloop-side.ts';

const options = readOptions();
const { python, rows } = options;
const folder = mkdtempSync(join(tmpdir(), 'tickloop-bench-'));
const proxy = await startCountingProxy(options.url);
const name = `bench-magpie-${process.pid}`;

try {
  console.log(`${rows} rows, at most ${options.maxTokens} tokens a query and a reply, temperature 1`);
  console.log(line(['side', 'rows', 's', 'rows/min', 'calls', 'sent again', 'beyond']));
  let preQuery = '';
  const ours = await measureRun(proxy, async () => {
    const run = await runTickloopMagpie(proxy, options, { name, folder });
    preQuery = run.preQuery;
    return run.pairs;
  });
  print('tickloop', ours);
  const killed = await measureRun(proxy, async () => {
    const killAfter = Math.ceil(ours.calls / 2);
    return (await runTickloopMagpie(proxy, options, { name: `${name}-killed`, folder, killAfter })).pairs;
  });
  print('tickloop, killed', killed, ours);
  const described: [string, readonly Pair[]][] = [['tickloop', ours.pairs]];
  if (python !== undefined) {
    const side = { python, preQuery: options.preQuery === 'derived' ? preQuery : 'qwen2' };
    const theirs = await measureRun(proxy, () =>
      runDistilabel(proxy, options, { ...side, cache: join(folder, 'whole') }),
    );
    print('distilabel', theirs);
    const killAfter = Math.ceil(theirs.calls / 2);
    const theirsKilled = await measureRun(proxy, () =>
      runDistilabel(proxy, options, { ...side, cache: join(folder, 'killed'), killAfter }),
    );
    print('distilabel, killed', theirsKilled, theirs);
    described.push(['distilabel', theirs.pairs]);
    const rate = ({ pairs, seconds }: SideRun) => pairs.length / seconds;
    console.log(`ratio of rows a minute: ${(rate(ours) / rate(theirs)).toFixed(1)}`);
  }
  for (const [side, pairs] of described) {
    console.log(`\n${side}`);
    for (const [what, value] of Object.entries(describePairs(pairs))) console.log(`  ${what.padEnd(26)}${value}`);
  }
} finally {
  await proxy.close();
  rmSync(folder, { recursive: true, force: true });
}

/** `whole` is the same run undisturbed: a body says nothing where calls have no seed, the number of calls does. */
function print(side: string, { pairs, seconds, calls, repeated }: SideRun, whole?: SideRun): void {
  const perMinute = ((60 * pairs.length) / seconds).toFixed(1);
  const beyond = whole === undefined ? '' : String(calls - whole.calls);
  console.log(
    line([side, String(pairs.length), seconds.toFixed(1), perMinute, String(calls), String(repeated), beyond]),
  );
}

function line([side = '', ...cells]: readonly string[]): string {
  return [side.padEnd(19), ...cells.map((cell) => cell.padStart(11))].join(' ').trimEnd();
}
