import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { createGenerateWildbenchActivities } from '../activities/wildbench/generate-wildbench.ts';
import type { createJudgeWildbenchActivities } from '../activities/wildbench/judge-wildbench.ts';
import type { createFinishRefinementActivities } from '../activities/stick/finish-refinement.ts';
import type { createRewriteActivities } from '../activities/stick/rewrite.ts';
import type { createScoreCandidatesActivities } from '../activities/stick/score-candidates.ts';
import type { createSelectBestActivities } from '../activities/stick/select-best.ts';
import type { createWriteChecklistsActivities } from '../activities/checklists/write-checklists.ts';
import type { createDrawPromptsActivities } from '../activities/rounds/draw-prompts.ts';
import type { createEvaluateActivities } from '../activities/rounds/evaluate.ts';
import type { createGateActivities } from '../activities/rounds/gates.ts';
import type { createBuildInventoryActivities } from '../activities/skillmix/build-inventory.ts';
import type { createGenerateSkillmixActivities } from '../activities/skillmix/generate-skillmix.ts';
import type { createPlanSkillmixActivities } from '../activities/skillmix/plan-skillmix.ts';
import type { createBoltRunActivities } from '../activities/bolt/runs.ts';
import type { createCheckThoughtsActivities } from '../activities/bolt/check-thoughts.ts';
import type { createCurateActivities } from '../activities/bolt/curate.ts';
import type { createDrawThoughtsActivities } from '../activities/bolt/draw-thoughts.ts';
import type { createCompareBatchActivities } from '../activities/synthesis/compare-batch.ts';
import type { createFilterBatchActivities } from '../activities/synthesis/filter-batch.ts';
import type { createDrawPreferencesActivities } from '../activities/synthesis/draw-preferences.ts';
import type { createRewardBatchActivities } from '../activities/synthesis/reward-batch.ts';
import type { createTagBatchActivities } from '../activities/synthesis/tag-batch.ts';
import type { createLabelQueriesActivities } from '../activities/bolt/label-queries.ts';
import type { createScoreSolutionsActivities } from '../activities/bolt/score-solutions.ts';
import type { createSelectThoughtsActivities } from '../activities/bolt/select-thoughts.ts';
import type { createTrainSftActivities } from '../activities/training/train-sft.ts';
import type { createJudgeTasksActivities } from '../activities/wildbench/judge-tasks.ts';
import type { createMeasureKlActivities } from '../activities/rounds/measure-kl.ts';
import type { createJudgeActivities } from '../activities/judging/judge.ts';
import type { createOpenRunActivities } from '../activities/runs/open-run.ts';
import type { createPublishActivities } from '../activities/serving/publish.ts';
import type { createAnswerQueriesActivities } from '../activities/magpie/answer-queries.ts';
import type { createSampleQueriesActivities } from '../activities/magpie/sample-queries.ts';
import type { createScreenQueriesActivities } from '../activities/magpie/screen-queries.ts';
import type { createPlanSynthesisActivities } from '../activities/synthesis/plan-synthesis.ts';
import type { createReportActivities } from '../activities/runs/report.ts';
import type { createRespondActivities } from '../activities/rounds/respond.ts';
import type { createSelectRowsActivities } from '../activities/rounds/select-rows.ts';
import type { createExportDatasetActivities } from '../activities/datasets/export-dataset.ts';
import type { createSettleDatasetActivities } from '../activities/datasets/settle-dataset.ts';
import type { createTrainActivities } from '../activities/training/train.ts';
import { taskQueues } from '../domain/task-queues.ts';

type ModelActivities = ReturnType<typeof createRespondActivities> &
  ReturnType<typeof createJudgeActivities> &
  ReturnType<typeof createDrawPromptsActivities> &
  ReturnType<typeof createSelectRowsActivities> &
  ReturnType<typeof createGateActivities> &
  ReturnType<typeof createEvaluateActivities> &
  ReturnType<typeof createPublishActivities> &
  ReturnType<typeof createReportActivities> &
  ReturnType<typeof createWriteChecklistsActivities> &
  ReturnType<typeof createRewriteActivities> &
  ReturnType<typeof createFinishRefinementActivities> &
  ReturnType<typeof createScoreCandidatesActivities> &
  ReturnType<typeof createSelectBestActivities> &
  ReturnType<typeof createGenerateWildbenchActivities> &
  ReturnType<typeof createJudgeWildbenchActivities> &
  ReturnType<typeof createJudgeTasksActivities> &
  ReturnType<typeof createMeasureKlActivities> &
  ReturnType<typeof createCurateActivities> &
  ReturnType<typeof createLabelQueriesActivities> &
  ReturnType<typeof createDrawThoughtsActivities> &
  ReturnType<typeof createCheckThoughtsActivities> &
  ReturnType<typeof createScoreSolutionsActivities> &
  ReturnType<typeof createSelectThoughtsActivities> &
  ReturnType<typeof createBoltRunActivities> &
  ReturnType<typeof createSampleQueriesActivities> &
  ReturnType<typeof createScreenQueriesActivities> &
  ReturnType<typeof createAnswerQueriesActivities> &
  ReturnType<typeof createPlanSynthesisActivities> &
  ReturnType<typeof createTagBatchActivities> &
  ReturnType<typeof createCompareBatchActivities> &
  ReturnType<typeof createRewardBatchActivities> &
  ReturnType<typeof createFilterBatchActivities> &
  ReturnType<typeof createSettleDatasetActivities> &
  ReturnType<typeof createBuildInventoryActivities> &
  ReturnType<typeof createPlanSkillmixActivities> &
  ReturnType<typeof createGenerateSkillmixActivities> &
  ReturnType<typeof createDrawPreferencesActivities> &
  ReturnType<typeof createExportDatasetActivities>;

type TrainerActivities = ReturnType<typeof createTrainActivities> & ReturnType<typeof createTrainSftActivities>;

// Attempts are finite everywhere: by default Temporal repeats an oversize result for ever.
const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 20 } as const;
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** Checks before the start: a server that does not answer now is the user's to mend, so it is asked three times only. */
export function openingActivities(prefix: string): ReturnType<typeof createOpenRunActivities> {
  return proxyActivities<ReturnType<typeof createOpenRunActivities>>({
    taskQueue: taskQueues(prefix).model,
    startToCloseTimeout: '10m',
    retry: { ...retry, maximumAttempts: 3 },
    cancellationType,
  });
}

/**
 * Verbs over a shard or a round. A model server that is gone is waited for: about two hours of attempts, the first ones
 * quick; whatever was paid for before is not asked again.
 */
export function modelActivities(prefix: string): ModelActivities {
  return proxyActivities<ModelActivities>({
    taskQueue: taskQueues(prefix).model,
    startToCloseTimeout: '12h',
    heartbeatTimeout: '30s',
    retry: { ...retry, maximumInterval: '60s', maximumAttempts: 120 },
    cancellationType,
  });
}

/** The trainer process; each attempt goes on from the last complete checkpoint. */
export function trainerActivities(prefix: string): TrainerActivities {
  return proxyActivities<TrainerActivities>({
    taskQueue: taskQueues(prefix).trainer,
    startToCloseTimeout: '14d',
    heartbeatTimeout: '60s',
    retry: { ...retry, maximumAttempts: 5 },
    cancellationType,
  });
}
