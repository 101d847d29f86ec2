/** Lists every instruction on which our verdict and lm-eval's differ. Usage: see README.md beside this file. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ifevalResponse, ifevalRow } from '../../configs/schema/ifeval-row.ts';
import { judgeIfeval } from '../../domain/ifeval/ifeval-score.ts';

interface Theirs {
  readonly key: number;
  readonly strict: readonly boolean[];
  readonly loose: readonly boolean[];
  readonly steady: readonly boolean[];
}

const { values } = parseArgs({
  options: {
    prompts: { type: 'string', default: 'configs/data/ifeval/input_data.jsonl' },
    responses: { type: 'string' },
    theirs: { type: 'string' },
  },
});
if (values.responses === undefined || values.theirs === undefined)
  throw new Error('give --responses FILE and --theirs FILE');

function readLines(path: string): unknown[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as unknown);
}

const rows = new Map(
  readLines(values.prompts)
    .map((line) => ifevalRow.parse(line))
    .map((row) => [row.prompt, row]),
);
const responses = readLines(values.responses).map((line) => ifevalResponse.parse(line));
const theirs = readLines(values.theirs) as Theirs[];
if (theirs.length !== responses.length)
  throw new Error(`${values.theirs} has ${theirs.length} lines, ${values.responses} has ${responses.length}`);

const counts = { compared: 0, agree: 0, differ: 0, differSteady: 0, unsteady: 0 };
for (const [index, { prompt, response }] of responses.entries()) {
  const row = rows.get(prompt);
  const their = theirs[index];
  if (row === undefined || their === undefined || their.key !== row.key)
    throw new Error(`line ${index + 1}: the files are not in the same order, or the prompt is unknown`);
  const ours = judgeIfeval(row, response);
  for (const [position, id] of ours.ids.entries()) {
    const steady = their.steady[position] === true;
    if (!steady) counts.unsteady += 1;
    for (const mode of ['strict', 'loose'] as const) {
      counts.compared += 1;
      if (ours[mode][position] === their[mode][position]) {
        counts.agree += 1;
        continue;
      }
      counts.differ += 1;
      if (steady) counts.differSteady += 1;
      const verdicts = `ours ${ours[mode][position]}, lm-eval ${their[mode][position]}${steady ? '' : ' (not steady)'}`;
      console.log(
        `line ${index + 1} key ${row.key} ${id} ${mode}: ${verdicts}: ${JSON.stringify(response.slice(0, 100))}`,
      );
    }
  }
}
console.log(
  `${counts.compared} verdicts on ${responses.length} responses: ${counts.agree} agree, ${counts.differ} differ, ${counts.differSteady} of them where lm-eval agrees with itself over five seeds; ${counts.unsteady} instructions where it does not`,
);
