import { Option, type Command } from 'commander';
import { execute } from './execute.ts';
import { batchRequests, batchResults, type RequestFlags, type ResultFlags } from './wildbench/batch.ts';
import { correlate, type CorrelateFlags } from './wildbench/correlate.ts';
import { elo, type EloFlags } from './wildbench/elo.ts';
import { HOW_TO_GET_TASKS, importTasks, TASK_FORMATS, type ImportTasksFlags } from './wildbench/import-tasks.ts';
import { leaderboard, type LeaderboardFlags } from './wildbench/leaderboard.ts';
import { collect, modeOption, numberAbove, wholeNumber } from './wildbench/options.ts';
import { reward, type RewardFlags } from './wildbench/reward.ts';
import { score, type ScoreFlags } from './wildbench/score.ts';

const ANY_WHOLE_NUMBER = wholeNumber(Number.MIN_SAFE_INTEGER);

/** Adds `tickloop wildbench ...`: everything of WildBench that needs no model. */
export function registerWildbenchCommands(program: Command): void {
  const group = program.command('wildbench').description('WildBench: aggregate judgments, rank and compare models');
  addScore(group);
  addReward(group);
  addElo(group);
  addCorrelate(group);
  addLeaderboard(group);
  addBatch(group);
  addImport(group);
}

function withIntervals(command: Command): Command {
  return command
    .option('--resamples <n>', 'bootstrap resamples; 0 draws no interval', wholeNumber(0), 1000)
    .option('--confidence <share>', 'mass of the interval, in (0, 1)', numberAbove(0, 1), 0.95)
    .option('--seed <n>', 'seed of the bootstrap', wholeNumber(0), 1);
}

function addScore(group: Command): void {
  withIntervals(group.command('score'))
    .description('WB-Score of one model from its judgments')
    .requiredOption('--judgments <file>', 'JSONL of judged answers')
    .option('--tags <file>', 'task set with primary_tag and secondary_tags: adds groups')
    .option('--model <name>', 'name of the model (default: the name of the file)')
    .option('--expected <n>', 'tasks that should have been judged', wholeNumber(1))
    .addOption(modeOption())
    .option('--json', 'print one JSON object')
    .action((flags: ScoreFlags) => execute(flags.json, (output) => score(flags, output)));
}

function addReward(group: Command): void {
  withIntervals(group.command('reward'))
    .description('WB-Reward from outcome counts or raw pairs')
    .option('--counts <file>', 'JSON: baseline -> length penalty K -> model -> counts')
    .option('--pairs <file>', 'JSONL of judged pairs of one model and one baseline')
    .option('--length-penalty <k>', 'with --pairs: K in characters; below 0 none', ANY_WHOLE_NUMBER, -1)
    .option('--tags <file>', 'with --pairs: task set with tags, adds groups')
    .option('--model <name>', 'with --pairs: name of the model (default: the name of the file)')
    .option('--baseline <name>', 'with --pairs: name of the baseline', 'baseline')
    .addOption(modeOption())
    .option('--json', 'print one JSON object')
    .action((flags: RewardFlags) => execute(flags.json, (output) => reward(flags, output)));
}

function addElo(group: Command): void {
  group
    .command('elo')
    .description('WB-Elo from votes, or from the judgments of several models; the defaults are the published settings')
    .option('--scores <model=file>', 'judgments of one model; once for each', collect, [])
    .option('--battles <file>', 'JSONL of votes: session_id, model_1, model_2, winner, length_1, length_2')
    .option('--anchors <file>', 'JSON with outside ratings by model')
    .option('--anchor-column <name>', 'column of the ratings', 'Arena Elo (hard-en) - latest')
    .option('--leave-out <model>', 'rate this anchor as if it had none, and compare')
    .option('--margin <n>', 'smallest difference of scores that is a win', wholeNumber(0), 2)
    .option('--tie-margin <n>', 'largest difference of scores that is a tie', wholeNumber(0), 2)
    .option('--k <n>', 'largest change by one vote', numberAbove(0), 4)
    .option('--initial <rating>', 'start of a model without anchor', numberAbove(-1e9), 1000)
    .option('--static', 'anchors never move')
    .option('--interval <n>', 'votes after which a moving anchor is pulled back; 0 never', wholeNumber(0), 100)
    .option('--length-margin <n>', 'lengths further apart make a tie; 0 or less is off', ANY_WHOLE_NUMBER, 1500)
    .option('--rounds <n>', 'passes over the votes', wholeNumber(1), 128)
    .option('--seed <n>', 'seed of the orders', wholeNumber(0), 42)
    .addOption(
      new Option(
        '--sampling <how>',
        'what a round plays (default: shuffle upstream, bootstrap in strict mode)',
      ).choices(['shuffle', 'bootstrap']),
    )
    .addOption(modeOption())
    .option('--json', 'print one JSON object')
    .action((flags: EloFlags) => execute(flags.json, (output) => elo(flags, output)));
}

function addCorrelate(group: Command): void {
  group
    .command('correlate')
    .description('correlate metrics with ratings over models')
    .requiredOption('--metrics <file>', 'JSON: model -> number, or model -> column -> number')
    .requiredOption('--ratings <file>', 'the same, with the ratings; may be the same file')
    .option('--rating <column>', 'column of the ratings, where there are several')
    .option('--column <name>', 'a metric to compare; may be repeated (default: all)', collect, [])
    .option('--mean <name=a,b>', 'add the mean of columns as a metric; may be repeated', collect, [])
    .option('--require <column>', 'leave out models without it; may be repeated', collect, [])
    .option('--top <n>', 'second Pearson over so many highest rated models', wholeNumber(2), 6)
    .option('--json', 'print one JSON object')
    .action((flags: CorrelateFlags) => execute(flags.json, (output) => correlate(flags, output)));
}

function addLeaderboard(group: Command): void {
  group
    .command('leaderboard')
    .description('one table of what score, reward and elo printed with --json')
    .option('--score <file>', 'output of `wildbench score --json`; may be repeated', collect, [])
    .option('--reward <file>', 'output of `wildbench reward --json`; may be repeated', collect, [])
    .option('--elo <file>', 'output of `wildbench elo --json`')
    .option('--length-penalty <k>', 'K of the rewards to show', ANY_WHOLE_NUMBER, -1)
    .addOption(
      new Option('--format <format>', 'form of the table').choices(['markdown', 'html', 'json']).default('markdown'),
    )
    .option('--out <file>', 'write the table there')
    .addOption(modeOption())
    .option('--json', 'print one JSON object')
    .action((flags: LeaderboardFlags) => execute(flags.json, (output) => leaderboard(flags, output)));
}

function withAnswers(command: Command): Command {
  return command
    .requiredOption('--answers <file>', 'JSONL of the tested model: session_id, output')
    .requiredOption('--model <name>', 'name of the tested model')
    .option('--baseline-answers <file>', 'JSONL of the baseline: makes pairs instead of scores')
    .option('--baseline <name>', 'name of the baseline')
    .option(
      '--max-words <n>',
      'words the judge sees; below 0 all (default: 1000 for pairs, all for scores)',
      ANY_WHOLE_NUMBER,
    )
    .requiredOption('--out <file>', 'file to write')
    .option('--json', 'print one JSON object');
}

function addBatch(group: Command): void {
  withAnswers(group.command('batch-requests'))
    .description('write judge requests in the OpenAI batch format')
    .requiredOption('--tasks <file>', 'task set in upstream field names, JSONL')
    .requiredOption('--judge <model>', 'name of the judge')
    .option('--max-tokens <n>', 'longest judgment, tokens', wholeNumber(1), 1024)
    .option('--seed <n>', 'seed of the coins that decide who sits at A', wholeNumber(0), 42)
    .option('--both-orders', 'ask for each pair twice, with A and B exchanged')
    .action((flags: RequestFlags) => execute(flags.json, (output) => batchRequests(flags, output)));
  withAnswers(group.command('batch-results'))
    .description('read results in the OpenAI batch format into judgments for score or reward')
    .requiredOption('--results <file>', 'JSONL of results')
    .addOption(modeOption())
    .action((flags: ResultFlags) => execute(flags.json, (output) => batchResults(flags, output)));
}

function addImport(group: Command): void {
  group
    .command('import')
    .description('write a task set in upstream field names, for `loop: wildbench` and batch-requests')
    .addOption(new Option('--from <set>', 'what the file is').choices(TASK_FORMATS).default('wildbench'))
    .requiredOption('--in <file>', 'file to read: Parquet, JSONL, or one JSON list')
    .requiredOption('--out <file>', 'task set to write, JSONL')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `\n${HOW_TO_GET_TASKS}`)
    .action((flags: ImportTasksFlags) => execute(flags.json, (output) => importTasks(flags, output)));
}
