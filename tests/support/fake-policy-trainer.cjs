// Honours the trainer's contract without training: its adapter shifts every log-probability by half a nat a round, as the
// scripted server of the BOLT tests does when it serves that round's version.
const { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const job = JSON.parse(readFileSync(process.argv[process.argv.indexOf('--job') + 1], 'utf8'));
const at = (name) => join(job.outputDir, name);
const round = Number(/round-(\d+)/.exec(job.outputDir)[1]);
const lines = readFileSync(job.rowsPath ?? job.pairsPath, 'utf8')
  .trim()
  .split('\n');

const tokenIds = Array.from({ length: 24 }, (_, index) => index + 3);
const baseLogprobs = tokenIds.slice(1).map((token) => -1 - (token % 4) / 4);
const adapterLogprobs = baseLogprobs.map((value) => value + round / 2);

mkdirSync(at('adapter'), { recursive: true });
writeFileSync(join(at('adapter'), 'adapter_config.json'), JSON.stringify({ round }));
writeFileSync(join(at('adapter'), 'adapter_model.safetensors'), `weights of round ${round} from ${lines.length} rows`);
const step = { event: 'step', totalSteps: 2, loss: 1 / round, margin: 0.25, accuracy: 1, learningRate: 0.1, rate: 4 };
appendFileSync(
  at('events.jsonl'),
  `${JSON.stringify({ ...step, step: 1 })}\n${JSON.stringify({ ...step, step: 2 })}\n`,
);
const counts =
  job.method === 'sft'
    ? { rows: lines.length, evalRows: 0, evalDropped: 0, evalTokens: 0, evalLossBefore: null, evalLossAfter: null }
    : { pairs: lines.length, finalMargin: 0.25 };
const result = {
  schemaVersion: 1,
  method: job.method,
  adapterDir: at('adapter'),
  weightsDir: null,
  weightsHash: null,
  optimizerPath: null,
  steps: 2,
  dropped: 0,
  resumedFromStep: 0,
  finalLoss: 0.5,
  trainSeconds: 1,
  ...counts,
  probes: [{ tokenIds, baseLogprobs, adapterLogprobs }],
};
writeFileSync(at('result.tmp'), JSON.stringify(result));
renameSync(at('result.tmp'), at('result.json'));
