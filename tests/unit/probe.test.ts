// Locks what is told apart before weights come into service: good ones, none, others, and old ones under a new name.
import { describe, expect, it } from 'vitest';
import { decideProbe, meanAbsoluteDifference, type ProbeReadings } from '../../domain/probe.ts';

const LIMITS = { tolerance: 0.25, minChange: 0.01 };
const BASE_T = [-1, -2, -0.5, -4];
const shifted = (nats: number): readonly number[] => BASE_T.map((value) => value + nats);

/** Readings whose lists lie so many nats above the trainer's base. */
const readings = (shifts: Partial<Record<keyof ProbeReadings, number>>): ProbeReadings => ({
  trainedBase_T: shifted(shifts.trainedBase_T ?? 0),
  trainedAdapter_T: shifted(shifts.trainedAdapter_T ?? 0),
  servedBase_T: shifted(shifts.servedBase_T ?? 0),
  servedAdapter_T: shifted(shifts.servedAdapter_T ?? 0),
  servedPrevious_T: shifted(shifts.servedPrevious_T ?? 0),
});

describe('decideProbe', () => {
  it('accepts an adapter that is served as it was trained, up to the noise of two implementations', () => {
    const good = readings({ trainedAdapter_T: 0.5, servedAdapter_T: 0.4375, servedBase_T: 0.0625 });
    expect(decideProbe(good, LIMITS)).toEqual({
      ok: true,
      meanChange: 0.4375,
      meanDisagreement: 0.0625,
      baseDisagreement: 0.0625,
    });
  });

  it('compares with the policy that is replaced, not with the base', () => {
    const second = readings({ trainedAdapter_T: 1, servedAdapter_T: 1, servedPrevious_T: 0.5 });
    expect(decideProbe(second, LIMITS)).toMatchObject({ ok: true, meanChange: 0.5 });
  });

  it('accepts a small round on a server whose noise is larger than it, if it differs from what was there by half of that', () => {
    const small = (servedPrevious_T: number) =>
      readings({ trainedAdapter_T: 0.5, servedAdapter_T: 0.375, servedBase_T: 0.125, servedPrevious_T });
    expect(decideProbe(small(0.3), LIMITS)).toMatchObject({ ok: true, meanDisagreement: 0.125 });
    expect(decideProbe(small(0.32), LIMITS)).toMatchObject({ ok: false, code: 'probe-mismatch' });
    expect(decideProbe(small(0.3), LIMITS, 'checkpoint', 'trainer')).toMatchObject({
      ok: false,
      code: 'probe-mismatch',
    });
  });

  it.each([
    [
      'another base than the one trained on',
      readings({ servedBase_T: 0.5, trainedAdapter_T: 0.5, servedAdapter_T: 0.5 }),
      'base-mismatch',
      "the server's base model differs from the one trained on by 0.5000 nats a token (allowed 0.25)",
    ],
    [
      'training that changed nothing',
      readings({ servedAdapter_T: 0.5 }),
      'no-op',
      'training changed nothing: the adapter equals its base',
    ],
    [
      'base weights under a new name, though within the tolerance',
      readings({ trainedAdapter_T: 0.125 }),
      'probe-mismatch',
      'served and trained log-probabilities differ by 0.1250 nats a token (allowed 0.25), served and previous ones by 0.0000',
    ],
    [
      'base weights under a new name, though the policy that they replace is as far from them as from what was trained',
      readings({ trainedAdapter_T: 0.125, servedAdapter_T: 0.015625, servedPrevious_T: -0.125 }),
      'probe-mismatch',
      'served and trained log-probabilities differ by 0.1094 nats a token (allowed 0.25), served and previous ones by 0.1406, served ones and those of the base by 0.0156',
    ],
    [
      'a disagreement over the tolerance, though nearer to the trained adapter',
      readings({ trainedAdapter_T: 2, servedAdapter_T: 1.5 }),
      'probe-mismatch',
      'served and trained log-probabilities differ by 0.5000 nats a token (allowed 0.25), served and previous ones by 1.5000',
    ],
    [
      'an adapter that equals the policy it replaces',
      readings({ trainedAdapter_T: 0.5, servedAdapter_T: 0.5, servedPrevious_T: 0.5 }),
      'no-op',
      'the served adapter changes log-probabilities by 0.0000 nats a token only (at least 0.01)',
    ],
  ])('refuses %s', (_what, bad, code, why) => {
    expect(decideProbe(bad, LIMITS)).toMatchObject({ ok: false, code, why });
  });

  it('does not let changes of opposite sign cancel out', () => {
    const mixed: ProbeReadings = {
      ...readings({}),
      trainedAdapter_T: [-0.5, -2.5, 0, -4.5],
      servedAdapter_T: [-0.5, -2.5, 0, -4.5],
    };
    expect(decideProbe(mixed, LIMITS)).toMatchObject({ ok: true, meanChange: 0.5 });
  });

  it.each([
    ['shorter', [-1, -2, -0.5]],
    ['empty', []],
  ])('throws when a list of readings is %s', (_what, servedAdapter_T) => {
    expect(() => decideProbe({ ...readings({}), servedAdapter_T }, LIMITS)).toThrow(RangeError);
  });
});

describe('meanAbsoluteDifference', () => {
  it('is the mean of the distances', () => {
    expect(meanAbsoluteDifference([1, 2, 3], [2, 0, 3])).toBe(1);
  });

  it('refuses to compare nothing', () => {
    expect(() => meanAbsoluteDifference([], [])).toThrow("probe readings of 0 and 0 tokens can't be compared");
  });
});
