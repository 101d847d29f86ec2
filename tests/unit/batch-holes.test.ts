import { describe, expect, it } from 'vitest';
import { describeFailed, describeUnread } from '../../domain/synthesis/batch-holes.ts';

const limits = { maxFailedShare: 0.1, maxUnparsedShare: 0.2 };

describe('the holes of a batch', () => {
  it('are too many above the limit, and not at it or where nothing was asked', () => {
    expect(describeFailed('replies', 3, 2, 20, limits)).toBeNull();
    expect(describeFailed('replies', 3, 0, 0, limits)).toBeNull();
    expect(describeFailed('queries', 3, 3, 20, limits)).toMatch(
      /^3 of 20 queries of batch 3 failed, more than limits.maxFailedShare allows \(0.1\)\./,
    );
  });

  it('are counted by tag over all causes; an unsure language is none', () => {
    expect(
      describeUnread(0, 10, { 'quality/malformed': 2, 'category/length': 2, 'language/unsure': 9 }, limits),
    ).toBeNull();
    expect(
      describeUnread(0, 10, { 'quality/malformed': 2, 'quality/length': 1, 'category/length': 2 }, limits),
    ).toMatch(
      /^The quality tag of 3 of 10 queries of batch 0 could not be read, more than limits.maxUnparsedShare allows \(0.2\)/,
    );
  });
});
