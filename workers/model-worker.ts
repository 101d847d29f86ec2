import { Worker } from '@temporalio/worker';
import { createGenerateWildbenchActivities } from '../activities/wildbench/generate-wildbench.ts';
import { createMeasureKlActivities } from '../activities/rounds/measure-kl.ts';
import { createJudgeTasksActivities } from '../activities/wildbench/judge-tasks.ts';
import { createJudgeWildbenchActivities } from '../activities/wildbench/judge-wildbench.ts';
import { createBuildInventoryActivities } from '../activities/skillmix/build-inventory.ts';
import { createGenerateSkillmixActivities } from '../activities/skillmix/generate-skillmix.ts';
import { createPlanSkillmixActivities } from '../activities/skillmix/plan-skillmix.ts';
import { createBoltRunActivities } from '../activities/bolt/runs.ts';
import { createCheckThoughtsActivities } from '../activities/bolt/check-thoughts.ts';
import { createCompareBatchActivities } from '../activities/synthesis/compare-batch.ts';
import { createFilterBatchActivities } from '../activities/synthesis/filter-batch.ts';
import { createDrawPreferencesActivities } from '../activities/synthesis/draw-preferences.ts';
import { createRewardBatchActivities } from '../activities/synthesis/reward-batch.ts';
import { synthesisServicesOf } from '../activities/synthesis/services.ts';
import { createTagBatchActivities } from '../activities/synthesis/tag-batch.ts';
import { createCurateActivities } from '../activities/bolt/curate.ts';
import { createDrawThoughtsActivities } from '../activities/bolt/draw-thoughts.ts';
import { createLabelQueriesActivities } from '../activities/bolt/label-queries.ts';
import { createScoreSolutionsActivities } from '../activities/bolt/score-solutions.ts';
import { createSelectThoughtsActivities } from '../activities/bolt/select-thoughts.ts';
import { createFinishRefinementActivities } from '../activities/stick/finish-refinement.ts';
import { createRewriteActivities } from '../activities/stick/rewrite.ts';
import { createScoreCandidatesActivities } from '../activities/stick/score-candidates.ts';
import { createSelectBestActivities } from '../activities/stick/select-best.ts';
import { createWriteChecklistsActivities } from '../activities/checklists/write-checklists.ts';
import { createDrawPromptsActivities } from '../activities/rounds/draw-prompts.ts';
import { createEvaluateActivities } from '../activities/rounds/evaluate.ts';
import { createGateActivities } from '../activities/rounds/gates.ts';
import { withTranslatedErrors } from '../activities/failure.ts';
import { createJudgeActivities } from '../activities/judging/judge.ts';
import { createOpenRunActivities } from '../activities/runs/open-run.ts';
import { createPublishActivities } from '../activities/serving/publish.ts';
import { createAnswerQueriesActivities } from '../activities/magpie/answer-queries.ts';
import { createSampleQueriesActivities } from '../activities/magpie/sample-queries.ts';
import { createScreenQueriesActivities } from '../activities/magpie/screen-queries.ts';
import { createPlanSynthesisActivities } from '../activities/synthesis/plan-synthesis.ts';
import { createReportActivities } from '../activities/runs/report.ts';
import { createRespondActivities } from '../activities/rounds/respond.ts';
import type { RunServicesProvider } from '../activities/run-services.ts';
import { createExportDatasetActivities } from '../activities/datasets/export-dataset.ts';
import { createSettleDatasetActivities } from '../activities/datasets/settle-dataset.ts';
import { createSelectRowsActivities } from '../activities/rounds/select-rows.ts';
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
