/** What becomes of a round that a gate does not let through. */
export type GateAction = 'roll-back' | 'stop' | 'wait';

/** When a mean counts as beyond its limit: the whole interval is, or the mean alone. */
export type Evidence = 'interval' | 'mean';

/** The gates of a run; `null` for one that is left open. */
export interface GateRules {
  /** A person approves every round, whatever the other gates say. */
  readonly askEveryRound: boolean;
  /** The held-out rate falls by more than `maxDrop` below the best version so far; by gold where it is measured. */
  readonly heldOut: { readonly maxDrop: number; readonly evidence: Evidence; readonly onFail: GateAction } | null;
  /** The steering judge's rate rises by more than `maxGap` beyond the gold one's rise since the base. */
  readonly goldGap: { readonly maxGap: number; readonly evidence: Evidence; readonly onFail: GateAction } | null;
  /** Held-out answers are more than `maxRatio` times as long as the base's, or as short. */
  readonly length: { readonly maxRatio: number; readonly onFail: GateAction } | null;
  /** More than this share of the training items is met by every answer. */
  readonly saturation: { readonly maxShare: number; readonly onFail: GateAction } | null;
  /** Held-out answers to one prompt share more words than `minRatio` of the base's distinctness allows. */
  readonly distinctness: { readonly minRatio: number; readonly onFail: GateAction } | null;
  /** Held-out answers have moved from the base by more than `maxNats` a token. */
  readonly kl: {
    readonly maxNats: number;
    readonly tokensPerAnswer: number;
    readonly evidence: Evidence;
    readonly onFail: GateAction;
  } | null;
  /** Answers to tasks are worse than those of the initial policy, by score or by reward. */
  readonly wildbench: {
    readonly measure: 'score' | 'reward';
    readonly maxDrop: number;
    readonly evidence: Evidence;
    readonly onFail: GateAction;
  } | null;
}

export type GateName = Exclude<keyof GateRules, 'askEveryRound'> | 'approval';
