import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { createGenerateWildbenchActivities } from '../activities/generate-wildbench.ts';
import type { createJudgeWildbenchActivities } from '../activities/judge-wildbench.ts';
import type { createFinishRefinementActivities } from '../activities/finish-refinement.ts';
import type { createRewriteActivities } from '../activities/rewrite.ts';
import type { createScoreCandidatesActivities } from '../activities/score-candidates.ts';
import type { createSelectBestActivities } from '../activities/select-best.ts';
import type { createWriteChecklistsActivities } from '../activities/write-checklists.ts';
import type { createDrawPromptsActivities } from '../activities/draw-prompts.ts';
import type { createEvaluateActivities } from '../activities/evaluate.ts';
import type { createGateActivities } from '../activities/gates.ts';
import type { createBuildInventoryActivities } from '../activities/build-inventory.ts';
import type { createGenerateSkillmixActivities } from '../activities/generate-skillmix.ts';
import type { createPlanSkillmixActivities } from '../activities/plan-skillmix.ts';
import type { createBoltRunActivities } from '../activities/bolt-runs.ts';
import type { createCheckThoughtsActivities } from '../activities/check-thoughts.ts';
import type { createCurateActivities } from '../activities/curate.ts';
import type { createDrawThoughtsActivities } from '../activities/draw-thoughts.ts';
import type { createCompareBatchActivities } from '../activities/compare-batch.ts';
import type { createFilterBatchActivities } from '../activities/filter-batch.ts';
import type { createDrawPreferencesActivities } from '../activities/draw-preferences.ts';
import type { createRewardBatchActivities } from '../activities/reward-batch.ts';
import type { createTagBatchActivities } from '../activities/tag-batch.ts';
import type { createLabelQueriesActivities } from '../activities/label-queries.ts';
import type { createScoreSolutionsActivities } from '../activities/score-solutions.ts';
import type { createSelectThoughtsActivities } from '../activities/select-thoughts.ts';
import type { createTrainSftActivities } from '../activities/train-sft.ts';
import type { createJudgeTasksActivities } from '../activities/judge-tasks.ts';
import type { createMeasureKlActivities } from '../activities/measure-kl.ts';
import type { createJudgeActivities } from '../activities/judge.ts';
import type { createOpenRunActivities } from '../activities/open-run.ts';
import type { createPublishActivities } from '../activities/publish.ts';
import type { createAnswerQueriesActivities } from '../activities/answer-queries.ts';
import type { createSampleQueriesActivities } from '../activities/sample-queries.ts';
import type { createScreenQueriesActivities } from '../activities/screen-queries.ts';
import type { createPlanSynthesisActivities } from '../activities/plan-synthesis.ts';
import type { createReportActivities } from '../activities/report.ts';
import type { createRespondActivities } from '../activities/respond.ts';
import type { createSelectRowsActivities } from '../activities/select-rows.ts';
import type { createExportDatasetActivities } from '../activities/export-dataset.ts';
import type { createSettleDatasetActivities } from '../activities/settle-dataset.ts';
import type { createTrainActivities } from '../activities/train.ts';
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
