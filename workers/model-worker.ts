import { Worker } from '@temporalio/worker';
import { createGenerateWildbenchActivities } from '../activities/generate-wildbench.ts';
import { createMeasureKlActivities } from '../activities/measure-kl.ts';
import { createJudgeTasksActivities } from '../activities/judge-tasks.ts';
import { createJudgeWildbenchActivities } from '../activities/judge-wildbench.ts';
import { createBuildInventoryActivities } from '../activities/build-inventory.ts';
import { createGenerateSkillmixActivities } from '../activities/generate-skillmix.ts';
import { createPlanSkillmixActivities } from '../activities/plan-skillmix.ts';
import { createBoltRunActivities } from '../activities/bolt-runs.ts';
import { createCheckThoughtsActivities } from '../activities/check-thoughts.ts';
import { createCompareBatchActivities } from '../activities/compare-batch.ts';
import { createFilterBatchActivities } from '../activities/filter-batch.ts';
import { createDrawPreferencesActivities } from '../activities/draw-preferences.ts';
import { createRewardBatchActivities } from '../activities/reward-batch.ts';
import { synthesisServicesOf } from '../activities/synthesis-services.ts';
import { createTagBatchActivities } from '../activities/tag-batch.ts';
import { createCurateActivities } from '../activities/curate.ts';
import { createDrawThoughtsActivities } from '../activities/draw-thoughts.ts';
import { createLabelQueriesActivities } from '../activities/label-queries.ts';
import { createScoreSolutionsActivities } from '../activities/score-solutions.ts';
import { createSelectThoughtsActivities } from '../activities/select-thoughts.ts';
import { createFinishRefinementActivities } from '../activities/finish-refinement.ts';
import { createRewriteActivities } from '../activities/rewrite.ts';
import { createScoreCandidatesActivities } from '../activities/score-candidates.ts';
import { createSelectBestActivities } from '../activities/select-best.ts';
import { createWriteChecklistsActivities } from '../activities/write-checklists.ts';
import { createDrawPromptsActivities } from '../activities/draw-prompts.ts';
import { createEvaluateActivities } from '../activities/evaluate.ts';
import { createGateActivities } from '../activities/gates.ts';
import { withTranslatedErrors } from '../activities/failure.ts';
import { createJudgeActivities } from '../activities/judge.ts';
import { createOpenRunActivities } from '../activities/open-run.ts';
import { createPublishActivities } from '../activities/publish.ts';
import { createAnswerQueriesActivities } from '../activities/answer-queries.ts';
import { createSampleQueriesActivities } from '../activities/sample-queries.ts';
import { createScreenQueriesActivities } from '../activities/screen-queries.ts';
import { createPlanSynthesisActivities } from '../activities/plan-synthesis.ts';
import { createReportActivities } from '../activities/report.ts';
import { createRespondActivities } from '../activities/respond.ts';
import type { RunServicesProvider } from '../activities/run-services.ts';
import { createExportDatasetActivities } from '../activities/export-dataset.ts';
import { createSettleDatasetActivities } from '../activities/settle-dataset.ts';
import { createSelectRowsActivities } from '../activities/select-rows.ts';
import { HEARTBEAT_THROTTLE, SHUTDOWN_GRACE_TIME, type WorkerPlace } from './worker-place.ts';

/** Talks to model servers and the store. */
export function createModelWorker(
  { connection, namespace, queues }: WorkerPlace,
  provider: RunServicesProvider,
): Promise<Worker> {
  const synthesis = synthesisServicesOf(provider);
  return Worker.create({
    connection,
    namespace,
    taskQueue: queues.model,
    activities: withTranslatedErrors({
      ...createOpenRunActivities(provider),
      ...createRespondActivities(provider),
      ...createJudgeActivities(provider),
      ...createDrawPromptsActivities(provider),
      ...createSelectRowsActivities(provider),
      ...createGateActivities(provider),
      ...createEvaluateActivities(provider),
      ...createPublishActivities(provider),
      ...createReportActivities(provider),
      ...createWriteChecklistsActivities(provider),
      ...createRewriteActivities(provider),
      ...createFinishRefinementActivities(provider),
      ...createScoreCandidatesActivities(provider),
      ...createSelectBestActivities(provider),
      ...createGenerateWildbenchActivities(provider),
      ...createJudgeWildbenchActivities(provider),
      ...createJudgeTasksActivities(provider),
      ...createMeasureKlActivities(provider),
      ...createCurateActivities(provider),
      ...createLabelQueriesActivities(provider),
      ...createDrawThoughtsActivities(provider),
      ...createCheckThoughtsActivities(provider),
      ...createScoreSolutionsActivities(provider),
      ...createSelectThoughtsActivities(provider),
      ...createBoltRunActivities(provider),
      ...createSampleQueriesActivities(provider),
      ...createScreenQueriesActivities(provider),
      ...createAnswerQueriesActivities(provider),
      ...createPlanSynthesisActivities(provider),
      ...createTagBatchActivities(synthesis),
      ...createCompareBatchActivities(synthesis),
      ...createRewardBatchActivities(synthesis),
      ...createFilterBatchActivities(synthesis),
      ...createSettleDatasetActivities(provider),
      ...createBuildInventoryActivities(provider),
      ...createPlanSkillmixActivities(provider),
      ...createGenerateSkillmixActivities(provider),
      ...createDrawPreferencesActivities(synthesis),
      ...createExportDatasetActivities(provider),
    }),
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
    shutdownGraceTime: SHUTDOWN_GRACE_TIME,
  });
}
