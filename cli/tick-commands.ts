import { InvalidArgumentError, type Command } from 'commander';
import { execute } from './execute.ts';
import { aggregateVerdicts } from './tick/aggregate.ts';
import { evaluateJudge, type EvalInputs } from './tick/eval.ts';

const LARGEST_BIN_COUNT = 1000;

const AGGREGATE_HELP = `
Each row is {"id": "...", "eval": [true, false, null, ...]}, one verdict for each question of the task's checklist.
null means that no verdict could be read. It is counted as unparsed and leaves every denominator:
  questions                all verdicts, unparsed ones among them
  drfr_micro               yes / (questions - unparsed), over all tasks
  mean_of_task_pass_rates  mean of yes / (yes + no) over the tasks with a verdict
  all_pass_tasks           tasks whose verdicts are all yes; one with a null is not among them`;

const EVAL_HELP = `
Rows of the files, as JSONL (or one JSON array); every number is printed with what it was taken over:
  --verdicts            {"id", "eval": [true|false|null, ...]}, optional: weights (0-100), probabilities,
                        promptTokens, completionTokens
  --human               {"id", "eval"}: several rows an id, or a list of labels a question; most labels decide
  --reference-verdicts  as --verdicts, given under other checklists of the same tasks
  --preferences         {"id", "judge": -1|0|1|null, "human": -1|0|1 or a list}: a list counts as the side that
                        its mean leans to by at least 0.5, else as a tie
  --llmbar, --judgments LLMBar's dataset.json and its judgments in both orders
  --probabilities       {"id", "item"?, "probability": 0..1|null, "human": true|false}
  --repeats             {"id", "item"?, "answers": ["yes"|"no"|"unparsed"|null, ...]}
  --checklists, --reference  {"id", "questions": ["...", ...]}
null is an unparsed answer: counted, and in no rate.`;

function parseBinCount(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || value > LARGEST_BIN_COUNT) {
    throw new InvalidArgumentError(`it must be a whole number from 1 to ${LARGEST_BIN_COUNT}.`);
  }
  return value;
}

/** Adds `tick aggregate` and `tick eval`. */
export function registerTickCommands(program: Command): void {
  const tick =
    program.commands.find((command) => command.name() === 'tick') ??
    program.command('tick').description('checklists, judges and how well a judge judges');
  tick
    .command('aggregate')
    .description('print the scores of a file of verdicts')
    .requiredOption('--verdicts <file>', 'rows of verdicts, one a task')
    .option('--json', 'print one JSON object')
    .addHelpText('after', AGGREGATE_HELP)
    .action((flags: { readonly verdicts: string; readonly json?: boolean }) =>
      execute(flags.json, (output) => aggregateVerdicts(flags.verdicts, output)),
    );
  tick
    .command('eval')
    .description('evaluate a judge: agreement with humans, calibration, flips, cost')
    .option('--verdicts <file>', "the judge's verdicts")
    .option('--human <file>', "humans' verdicts on the same questions: accuracy, kappa, alpha")
    .option('--reference-verdicts <file>', 'verdicts under other checklists: functional similarity')
    .option('--preferences <file>', 'preferences of judge and humans: PLD, WPLD')
    .option('--llmbar <dataset>', "LLMBar's data set")
    .option('--judgments <file>', "a judge's replies to it in both orders")
    .option('--probabilities <file>', 'P(yes) and human answers: ECE, Brier score')
    .option('--bins <n>', 'bins of the calibration', parseBinCount, 10)
    .option('--html <file>', 'write the reliability picture there')
    .option('--repeats <file>', 'repeated answers to the same items: flip rate')
    .option('--checklists <file>', 'generated checklists')
    .option('--reference <file>', 'reference checklists of the same tasks: Count MAE, ROUGE-L')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EVAL_HELP)
    .action((flags: EvalInputs & { readonly json?: boolean }) =>
      execute(flags.json, (output) => evaluateJudge(flags, output)),
    );
}
