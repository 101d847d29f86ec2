import { rowRule } from '../../../configs/row-rule.ts';
import { configOfLoop } from '../../../configs/stage-sampling.ts';
import type { PreferencePair } from '../../../domain/preference-pair.ts';
import type { ReportSample } from '../../../domain/report/online-dpo/online-dpo-report.ts';
import { rewardGroup } from '../../../domain/rounds/reward-group.ts';
import { selectOfPrompt, type RowRule, type SelectedOfPrompt } from '../../../domain/rounds/select-rows.ts';
import { judgedShardCount, readJudgedStage } from '../../artifacts/read-stage.ts';
import type { RunServices } from '../../run-services.ts';

/** Prompts that are shown with all their answers. */
const SAMPLE_COUNT = 10;

/** Prompts spread evenly over the last round, with every answer, and what selection said of them. */
export async function readReportSamples(
  services: RunServices,
  runName: string,
  names: readonly string[],
  round: number | undefined,
): Promise<readonly ReportSample[]> {
  if (round === undefined) return [];
  const { rows } = await readJudgedStage(services, {
    runName,
    round,
    stage: 'sample',
    shards: judgedShardCount(names, runName, round, 'sample'),
  });
  const config = configOfLoop(services.config, 'online-dpo');
  const rule = rowRule(config);
  const stride = Math.max(1, Math.floor(rows.length / SAMPLE_COUNT));
  return rows
    .filter((_, index) => index % stride === 0)
    .slice(0, SAMPLE_COUNT)
    .map(([prompt, group]) => {
      const selected = selectOfPrompt(rule, prompt, rewardGroup(prompt, group, config.reward));
      const [row] = selected.rows;
      const pair = row !== undefined && 'chosen' in row ? row : undefined;
      return {
        round,
        prompt,
        // Token ids say nothing to a reader.
        rollouts_G: group.rollouts_G.map(({ sampled: _sampled, ...rollout }) => rollout),
        chosenSampleIndex:
          pair?.chosenSampleIndex ?? (row !== undefined && 'completion' in row ? row.sampleIndex : null),
        rejectedSampleIndex: pair?.rejectedSampleIndex ?? null,
        why: describe(rule, selected, pair),
      };
    });
}

function describe(rule: RowRule, { rows, reason }: SelectedOfPrompt, pair: PreferencePair | undefined): string {
  if (rows.length === 0) return `Nothing to train on: ${NOTHING[reason ?? 'too-few-judged']}.`;
  if (pair !== undefined && rule.kind === 'pairs') {
    return `Answer ${pair.chosenSampleIndex} has the reward ${percent(pair.chosenReward)} and answer ${pair.rejectedSampleIndex} ${percent(pair.rejectedReward)}: a margin of ${percent(pair.margin)}, at least ${percent(rule.minMargin)} is asked for.`;
  }
  return rule.kind === 'groups'
    ? 'All answers are trained on, each by how its reward compares with the others.'
    : `${rows.length} distinct answer${rows.length === 1 ? ' is' : 's are'} imitated.`;
}

const NOTHING = {
  'all-equal': 'all answers have the same reward',
  'margin-too-small': 'the best and the worst answer are too close',
  'too-unequal-length': 'the answers that are far enough apart differ too much in length',
  'too-few-judged': 'too few answers could be judged and used',
  'none-good-enough': 'no whole answer has the reward that is asked for',
} as const satisfies Record<NonNullable<SelectedOfPrompt['reason']>, string>;

function percent(rate: number): string {
  return `${Math.round(rate * 100)} %`;
}
