/** What models said of the rows, as sums with their denominators. */
export interface MagpieQuality {
  /** Rows that were tagged, and those of them whose tag could not be read, by `<tag>/<cause>`. */
  readonly tagged: number;
  readonly unread: Readonly<Record<string, number>>;
  /** Queries that were compared, by the temperature at which they were drawn. */
  readonly distances: readonly {
    readonly temperature: string;
    readonly compared: number;
    readonly distanceSum: number;
  }[];
  /** `null` where no conversation was scored. */
  readonly rewards: RewardSums | null;
  /** `null` where no pairs were drawn. */
  readonly preferences: PreferenceSums | null;
}

/** What the reward model said of all conversations. */
export interface RewardSums {
  readonly scored: number;
  readonly rewardSum: number;
  readonly unscored: number;
  readonly differences: number;
  readonly differenceSum: number;
}

/** What became of the queries that pairs were drawn for. */
export interface PreferenceSums {
  readonly queries: number;
  readonly passedOver: number;
  readonly replies: number;
  readonly failed: number;
  readonly unscored: number;
  /** Different texts among the replies to a query, summed. */
  readonly distinct: number;
  readonly pairs: number;
  readonly marginSum: number;
  readonly allEqual: number;
  readonly marginTooSmall: number;
  readonly tooFewScored: number;
}
