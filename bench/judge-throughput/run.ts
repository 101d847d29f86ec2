/** Judged items a second, tickloop beside autochecklist. Usage: see README.md beside this file. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createJudgeActivities } from '../../activities/judge.ts';
import { createOpenRunActivities } from '../../activities/open-run.ts';
import { readArtifact } from '../../activities/read-artifact.ts';
import { createRespondActivities } from '../../activities/respond.ts';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { createWriteChecklistsActivities } from '../../activities/write-checklists.ts';
import { createVllmServer } from '../../clients/vllm-server.ts';
import { bestOfNConfig } from '../../configs/schema/best-of-n.ts';
import { shardName } from '../../domain/artifact-names.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { renderInstruction } from '../../domain/render-instruction.ts';
import type { Rollout } from '../../domain/rollout.ts';
import type { ShardTask } from '../../domain/run.ts';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    url: { type: 'string', default: 'http://127.0.0.1:8011' },
    model: { type: 'string', default: 'smollm2-135m-instruct' },
    prompts: { type: 'string', default: 'configs/data/infobench-prompts.jsonl' },
    rows: { type: 'string', default: '16' },
    mode: { type: 'string', default: 'item' },
    'max-tokens': { type: 'string', default: '96' },
  },
});
if (values.mode !== 'item' && values.mode !== 'list') throw new Error('--mode is item or list');
const maxTokens = Number(values['max-tokens']);

/** What one side did. */
interface Side {
  readonly seconds: number;
  readonly judgedItems: number;
  readonly unparsed: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Share of prompt tokens that the prefix cache had. */
  readonly hitRate: number;
}

const server = createVllmServer({ baseUrl: values.url, timeoutMs: 60_000 });
const folder = mkdtempSync(join(tmpdir(), 'tickloop-bench-'));
const provider = createRunServicesProvider();
const run = { runName: 'bench', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
const config = bestOfNConfig.parse({
  loop: 'best-of-n',
  data: { prompts: values.prompts, rows: Number(values.rows) },
  policy: { baseUrl: values.url, model: values.model, callsInFlight: 32 },
  judge: {
    baseUrl: values.url,
    model: values.model,
    mode: values.mode,
    maxTokens,
    listItems: 16,
    attempts: 1,
    callsInFlight: 64,
  },
  sampling: { samplesPerPrompt: 2, samplesPerCall: 2, maxTokens: 128 },
  shards: { rows: 256 },
  store: { minFreeMb: 0 },
});
const inActivity = <Result>(work: () => Promise<Result>): Promise<Result> => new MockActivityEnvironment().run(work);

try {
  const { task, rows } = await drawAnswers();
  const ours = await measure(async () => {
    const began = performance.now();
    const counts = await inActivity(() => createJudgeActivities(provider).judge(task));
    return {
      seconds: (performance.now() - began) / 1000,
      judgedItems: counts.yes + counts.no + counts.unparsed,
      unparsed: counts.unparsed,
    };
  });
  print('tickloop', ours);
  const theirs = await measure(() => judgeWithAutochecklist(rows));
  print('autochecklist', theirs);
  const rate = ({ judgedItems, seconds }: Side) => judgedItems / seconds;
  console.log(`ratio         ${(rate(ours) / rate(theirs)).toFixed(1)} x judged items a second, mode ${values.mode}`);
} finally {
  await provider.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}

async function drawAnswers(): Promise<{ readonly task: ShardTask; readonly rows: readonly object[] }> {
  const opened = await inActivity(() => createOpenRunActivities(provider).openRun({ run, config }));
  const task: ShardTask = { run, stage: 'candidates', round: 0, shard: 0, policy: opened.basePolicy };
  await inActivity(() => createWriteChecklistsActivities(provider).writeChecklists(task));
  await inActivity(() => createRespondActivities(provider).respond(task));
  const { store } = await provider.of(run);
  const prompts = await readArtifact<PromptRow>(store, shardName('bench/data/prompts', 'prompts', 0));
  const rollouts = await readArtifact<Rollout>(store, shardName('bench/candidates', 'rollouts', 0));
  const promptOf = new Map(prompts.rows.map((row) => [row.promptId, row]));
  const rows = rollouts.rows.flatMap(({ promptId, outcome }) => {
    const prompt = promptOf.get(promptId);
    return prompt === undefined || !outcome.ok
      ? []
      : [
          {
            instruction: renderInstruction(prompt.messages),
            answer: outcome.text,
            questions: prompt.checklist.map(({ question }) => question),
          },
        ];
  });
  return { task, rows };
}

async function judgeWithAutochecklist(
  rows: readonly object[],
): Promise<Pick<Side, 'seconds' | 'judgedItems' | 'unparsed'>> {
  const file = join(folder, 'rows.jsonl');
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const script = fileURLToPath(new URL('judge_with_autochecklist.py', import.meta.url));
  const mode = values.mode === 'item' ? 'item' : 'batch';
  const { stdout } = await promisify(execFile)(
    values.python,
    [
      script,
      '--rows',
      file,
      '--base-url',
      `${values.url}/v1`,
      '--model',
      values.model,
      '--mode',
      mode,
      // A whole list takes as many tokens as its items, as on our side.
      '--max-tokens',
      String(mode === 'item' ? maxTokens : 8 * maxTokens),
    ],
    { encoding: 'utf8' },
  );
  const { seconds, judgedItems, failedRows, errors } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as {
    readonly seconds: number;
    readonly judgedItems: number;
    readonly failedRows: number;
    readonly errors: Readonly<Record<string, number>>;
  };
  if (failedRows > 0)
    console.log(`autochecklist: ${failedRows} of ${rows.length} rows raised ${JSON.stringify(errors)}`);
  return { seconds, judgedItems, unparsed: 0 };
}

async function measure(work: () => Promise<Pick<Side, 'seconds' | 'judgedItems' | 'unparsed'>>): Promise<Side> {
  const before = await counters();
  const done = await work();
  const after = await counters();
  const queries = after.queries - before.queries;
  return {
    ...done,
    promptTokens: after.prompt - before.prompt,
    completionTokens: after.generation - before.generation,
    hitRate: queries === 0 ? 0 : (after.hits - before.hits) / queries,
  };
}

async function counters() {
  const metrics = await server.metrics();
  return {
    generation: metrics.generationTokensTotal ?? 0,
    prompt: metrics.promptTokensTotal ?? 0,
    queries: metrics.prefixCacheQueriesTotal ?? 0,
    hits: metrics.prefixCacheHitsTotal ?? 0,
  };
}

function print(name: string, side: Side): void {
  console.log(
    `${name.padEnd(13)} ${side.judgedItems} items in ${side.seconds.toFixed(1)} s, ${(side.judgedItems / side.seconds).toFixed(2)} items/s, ` +
      `${side.unparsed} unparsed, ${side.promptTokens} tokens in, ${side.completionTokens} out, prefix cache ${(100 * side.hitRate).toFixed(0)} %`,
  );
}
