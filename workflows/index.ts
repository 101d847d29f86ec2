export { reportWorkflow } from './report.ts';
export { roundWorkflow } from './round.ts';
export { runWorkflow } from './run.ts';
export { shardWindowWorkflow } from './shard-window.ts';
