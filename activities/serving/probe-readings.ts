import type { ModelServer } from '../../clients/model-server.ts';
import type { ProbeScore } from '../../clients/trainer.ts';

/** A token of a probe text that is compared, with what is before it. */
interface ComparedToken {
  readonly probe: ProbeScore;
  readonly position: number;
}

/** The last sixteen tokens of each probe, which lie in the answer. */
function comparedTokens(probes: readonly ProbeScore[]): readonly ComparedToken[] {
  return probes.flatMap((probe) => {
    const last = probe.tokenIds.length - 1;
    const positions = Array.from({ length: 16 }, (_, index) => last - index);
    return positions.filter((position) => position >= 1).map((position) => ({ probe, position }));
  });
}

/** What the trainer computed for the compared tokens. */
export function trainedLogprobs(
  probes: readonly ProbeScore[],
  kind: 'baseLogprobs' | 'adapterLogprobs',
): readonly number[] {
  return comparedTokens(probes).map(({ probe, position }) => probe[kind][position - 1] as number);
}

/** What a server computes for the compared tokens under a model name. */
export function servedLogprobs(
  server: ModelServer,
  model: string,
  probes: readonly ProbeScore[],
): Promise<readonly number[]> {
  return Promise.all(
    comparedTokens(probes).map(({ probe: { tokenIds }, position }) =>
      server.nextTokenLogprob(model, tokenIds.slice(0, position), tokenIds[position] as number),
    ),
  );
}
