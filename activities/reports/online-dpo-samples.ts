import { configOfLoop } from '../../configs/stage-sampling.ts';
import type { ReportSample } from '../../domain/report/online-dpo/online-dpo-report.ts';
import { selectPairs } from '../../domain/select-pairs.ts';
import { judgedShardCount, readJudgedStage } from '../read-stage.ts';
import type { RunServices } from '../run-services.ts';

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
  const { selection } = configOfLoop(services.config, 'online-dpo');
  const stride = Math.max(1, Math.floor(rows.length / SAMPLE_COUNT));
  return rows
    .filter((_, index) => index % stride === 0)
    .slice(0, SAMPLE_COUNT)
    .map(([prompt, group]) => {
      const { pairs, reason } = selectPairs(prompt, group, selection);
      const [pair] = pairs;
      return {
        round,
        prompt,
        rollouts_G: group.rollouts_G,
        chosenSampleIndex: pair?.chosenSampleIndex ?? null,
        rejectedSampleIndex: pair?.rejectedSampleIndex ?? null,
        why:
          pair === undefined
            ? `No pair: ${NO_PAIR[reason ?? 'too-few-judged']}.`
            : `Answer ${pair.chosenSampleIndex} passed ${percent(pair.chosenPassRate)} of the checklist and answer ${pair.rejectedSampleIndex} ${percent(pair.rejectedPassRate)}: a margin of ${percent(pair.margin)}, at least ${percent(selection.minMargin)} is asked for.`,
      };
    });
}

const NO_PAIR = {
  'all-equal': 'all answers passed equally many items',
  'margin-too-small': 'the best and the worst answer are too close',
  'too-few-judged': 'fewer than two answers could be judged and used',
} as const;

function percent(rate: number): string {
  return `${Math.round(rate * 100)} %`;
}
