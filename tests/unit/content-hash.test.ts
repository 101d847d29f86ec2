import { describe, expect, it } from 'vitest';
import { hashJson, sha256Hex } from '../../clients/content-hash.ts';

describe('sha256Hex', () => {
  it('gives the published value for abc', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('hashes a text as its UTF-8 bytes', () => {
    expect(sha256Hex('zażółć')).toBe(sha256Hex(Buffer.from('zażółć', 'utf8')));
  });
});

describe('hashJson', () => {
  it('does not depend on the order of keys', () => {
    expect(hashJson({ a: 1, b: { c: 2, d: 3 } })).toBe(hashJson({ b: { d: 3, c: 2 }, a: 1 }));
  });

  it('is the sha256 of the canonical text', () => {
    expect(hashJson({ b: 1, a: 2 })).toBe(sha256Hex('{"a":2,"b":1}'));
  });

  it('tells a number from its text', () => {
    expect(hashJson(1)).not.toBe(hashJson('1'));
  });
});
