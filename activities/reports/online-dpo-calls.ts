import type { ReportCalls } from '../../domain/report/report-base.ts';
import type { RunServices } from '../run-services.ts';

/** Calls of the stages of each round: drawing and judging together, with the tokens of what was drawn. */
export async function readOnlineDpoCalls(
  services: RunServices,
  runName: string,
  names: readonly string[],
): Promise<readonly ReportCalls[]> {
  const stages = [
    ...new Set(
      names.flatMap((name) => /\/(round-\d+\/(?:sample|evaluate|follow|tasks))\/rollouts\//.exec(name)?.[1] ?? []),
    ),
  ];
  return Promise.all(
    stages.map(async (stage) => {
      const { sent, answered, failed, lost } = await services.ledgers.countsBelow(`${runName}/${stage}`);
      const rollouts = await Promise.all(
        names
          .filter((name) => name.startsWith(`${runName}/${stage}/rollouts/`))
          .map((name) => services.store.find(name)),
      );
      const sum = (field: string) =>
        rollouts.reduce((total, manifest) => total + Number(manifest?.summary[field] ?? 0), 0);
      return {
        stage,
        sent,
        answered,
        failed,
        lost,
        promptTokens: sum('promptTokens'),
        completionTokens: sum('completionTokens'),
      };
    }),
  );
}
