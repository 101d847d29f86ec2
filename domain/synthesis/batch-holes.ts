/** How many holes a stage may have before a run is held. */
export interface HoleLimits {
  /** Largest share of failed calls. */
  readonly maxFailedShare: number;
  /** Largest share of replies that could not be read. */
  readonly maxUnparsedShare: number;
}

const ADVICE =
  'Look at the rows and at the server, then `tickloop resume` to go on as it is or `tickloop stop` to end the run.';

/** Says that too many of what a batch asked for failed; `null` where they did not. */
export function describeFailed(
  what: 'queries' | 'replies',
  batch: number,
  failed: number,
  asked: number,
  { maxFailedShare }: HoleLimits,
): string | null {
  if (failed <= maxFailedShare * asked) return null;
  return `${failed} of ${asked} ${what} of batch ${batch} failed, more than limits.maxFailedShare allows (${maxFailedShare}). ${ADVICE}`;
}

/**
 * Says of the tag of a batch that was read least, where too few were read; `null` where enough were. What a detector is
 * unsure of is no reply that could not be read.
 *
 * @param unread rows by `<tag>/<cause>`
 */
export function describeUnread(
  batch: number,
  tagged: number,
  unread: Readonly<Record<string, number>>,
  { maxUnparsedShare }: HoleLimits,
): string | null {
  const byTag = new Map<string, number>();
  for (const [name, rows] of Object.entries(unread)) {
    const [tag = name] = name.split('/');
    if (tag !== 'language') byTag.set(tag, (byTag.get(tag) ?? 0) + rows);
  }
  const [worst] = [...byTag].toSorted(([, a], [, b]) => b - a);
  if (worst === undefined || worst[1] <= maxUnparsedShare * tagged) return null;
  return `The ${worst[0]} tag of ${worst[1]} of ${tagged} queries of batch ${batch} could not be read, more than limits.maxUnparsedShare allows (${maxUnparsedShare}): the tagger may be too small, or its replies are cut by quality.tags.maxTokens. ${ADVICE}`;
}
