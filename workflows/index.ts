export { refineWorkflow } from './refine.ts';
export { reportWorkflow } from './report.ts';
export { roundWorkflow } from './round.ts';
export { bestOfNWorkflow } from './best-of-n.ts';
export { wildbenchWorkflow } from './wildbench.ts';
export { onlineDpoWorkflow } from './online-dpo.ts';
export { shardWindowWorkflow } from './shard-window.ts';
