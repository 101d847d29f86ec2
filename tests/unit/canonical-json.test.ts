import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../domain/canonical-json.ts';

describe('canonicalJson', () => {
  it('sorts keys at every depth', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}');
  });

  it('keeps the order of arrays', () => {
    expect(canonicalJson([3, 1, 2])).toBe('[3,1,2]');
  });

  it('leaves out properties that are undefined', () => {
    expect(canonicalJson({ a: undefined, b: true })).toBe('{"b":true}');
  });

  it('writes text as JSON.stringify does', () => {
    expect(canonicalJson({ 'é"': 'line\nbreak' })).toBe('{"é\\"":"line\\nbreak"}');
  });

  it('refuses numbers that JSON cannot hold', () => {
    expect(() => canonicalJson({ a: [Number.NaN] })).toThrow(new RangeError('not a JSON number: NaN'));
    expect(() => canonicalJson(Number.POSITIVE_INFINITY)).toThrow(new RangeError('not a JSON number: Infinity'));
  });
});
