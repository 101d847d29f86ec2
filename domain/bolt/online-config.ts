/** The parts of a BOLT config that the online rounds share with the other stages, and their own. */
interface BoltParts {
  readonly loop: 'bolt';
  readonly stages: unknown;
  readonly from?: unknown;
  readonly curation?: unknown;
  readonly bootstrap: unknown;
  readonly sft: unknown;
  readonly data: { readonly train?: string | { readonly dataset: string } | undefined };
  readonly online: { readonly rounds: number; readonly formatReward: unknown };
}

/** Where the prompts of the rounds come from when no file names them. */
const CURATED = 'the curated queries';

/** The config of online rounds that a BOLT config holds: supervised fine-tuning counts as their first one. */
export function onlineConfigOf<Config extends BoltParts>({
  loop: _loop,
  stages: _stages,
  from: _from,
  curation: _curation,
  bootstrap: _bootstrap,
  sft: _sft,
  data,
  online: { formatReward: _formatReward, ...online },
  ...shared
}: Config) {
  return {
    ...shared,
    ...(online as Omit<Config['online'], 'formatReward'>),
    loop: 'online-dpo' as const,
    rounds: SFT_ROUND + online.rounds,
    data: { ...(data as Config['data']), train: data.train ?? CURATED },
  };
}

/** The round whose policy supervised fine-tuning makes: version 1, after the base. */
export const SFT_ROUND = 1;
