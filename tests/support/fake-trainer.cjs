// Honours the trainer's contract without training, for any method. What it does is the name of the data file:
// pairs.jsonl and the like (weights that add 0.125 nats a round, after a wait of --train-ms), finish, fail, refuse, vanish (exit 0 without result), wait (until SIGTERM), stubborn (a child that ignores SIGTERM).
const { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { spawn } = require('node:child_process');
const { basename, join } = require('node:path');

const job = JSON.parse(readFileSync(process.argv[process.argv.indexOf('--job') + 1], 'utf8'));
const at = (name) => join(job.outputDir, name);
const emit = (event) => appendFileSync(at('events.jsonl'), `${JSON.stringify(event)}\n`);

const isWhole = job.hyperparameters.loraRank === null;

const COUNTS = {
  dpo: { pairs: 8, finalMargin: 0.25 },
  sft: { rows: 8, evalRows: 2, evalDropped: 0, evalTokens: 9, evalLossBefore: 2, evalLossAfter: 1 },
  grpo: { groups: 2, groupsWithoutSignal: 3, rows: 8, unscored: 0, masked: 0 },
};

const TOKENS = Array.from({ length: 24 }, (_, index) => index + 3);
const BASE_LOGPROBS = TOKENS.slice(1).map((token) => -1 - (token % 4) / 4);

function trainAdapter() {
  const round = Number(/round-(\d+)/.exec(job.outputDir)[1]);
  const adapterLogprobs = BASE_LOGPROBS.map((value) => value + round / 8);
  const startRound = Number(/round-(\d+)/.exec(job.baseModelPath)?.[1] ?? 0);
  const baseLogprobs = BASE_LOGPROBS.map((value) => value + startRound / 8);
  if (isWhole) {
    // Of the shape of what it started from, as real ones are.
    cpSync(job.baseModelPath, at('weights'), { recursive: true });
    writeFileSync(join(at('weights'), 'generation_config.json'), JSON.stringify({ round, seed: job.seed }));
  } else {
    mkdirSync(at('adapter'), { recursive: true });
    writeFileSync(join(at('adapter'), 'adapter_config.json'), JSON.stringify({ round, seed: job.seed }));
  }
  emit({ ...step, step: 2 });
  finish([{ tokenIds: TOKENS, baseLogprobs, adapterLogprobs }]);
}

/** As with the real trainer, the state of the optimizer is a file of the last of its checkpoints. */
function keepOptimizer() {
  for (const checkpoint of ['checkpoint-1', 'checkpoint-2']) {
    mkdirSync(at(`checkpoints/${checkpoint}`), { recursive: true });
    for (const file of ['optimizer.pt', 'model.safetensors'])
      writeFileSync(at(`checkpoints/${checkpoint}/${file}`), '');
  }
  return at('checkpoints/checkpoint-2/optimizer.pt');
}

function finish(probes = []) {
  const result = {
    schemaVersion: 1,
    method: job.method,
    adapterDir: isWhole ? null : at('adapter'),
    weightsDir: isWhole ? at('weights') : null,
    weightsHash: isWhole ? '0'.repeat(64) : null,
    optimizerPath: keepOptimizer(),
    steps: 2,
    dropped: 1,
    resumedFromStep: 0,
    finalLoss: 0.5,
    trainSeconds: 1,
    ...COUNTS[job.method],
    probes,
  };
  writeFileSync(at('result.tmp'), JSON.stringify(result));
  renameSync(at('result.tmp'), at('result.json'));
}

writeFileSync(at('script'), basename(process.argv[1]));
appendFileSync(at('starts'), `${process.pid}\n`);
emit({ event: 'start', pid: process.pid, totalSteps: 2, pairs: 8, dropped: 1, resumedFromStep: 0 });
const step = { event: 'step', totalSteps: 2, loss: 0.5, margin: 0.25, accuracy: 1, learningRate: 0.1, rate: 4 };
emit({ ...step, step: 1 });
switch (basename(job.pairsPath ?? job.rowsPath ?? job.groupsPath)) {
  case 'finish':
    emit({ ...step, step: 2 });
    appendFileSync(at('events.jsonl'), '{"event":"st');
    writeFileSync(at('environment.json'), JSON.stringify(process.env));
    finish();
    break;
  case 'pairs.jsonl':
  case 'groups.jsonl':
  case 'rows.jsonl':
    setTimeout(trainAdapter, Number(process.argv[process.argv.indexOf('--train-ms') + 1]) || 0);
    break;
  case 'fail':
    for (let line = 1; line <= 30; line += 1) console.error(`line ${line}`);
    process.exitCode = 1;
    break;
  case 'refuse':
    console.error('The job is wrong at $.seed.');
    process.exitCode = 2;
    break;
  case 'vanish':
    break;
  case 'stubborn':
    spawn('/bin/sh', ['-c', 'trap "" TERM; sleep 0.7'], { stdio: 'ignore' });
  // falls through
  default: {
    process.on('SIGTERM', () => {
      writeFileSync(at('saved'), '');
      process.exit(143);
    });
    setInterval(() => {
      if (!existsSync(at('go'))) return;
      finish();
      process.exit(0);
    }, 20);
  }
}
