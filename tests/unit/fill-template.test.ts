import { describe, expect, it } from 'vitest';

import { ConfigError } from '../../domain/errors.ts';
import { fillTemplate } from '../../domain/fill-template.ts';

describe('fillTemplate', () => {
  it('puts quoted text into a fence and leaves plain text as it is', () => {
    expect(fillTemplate('T', 'Write {{count}} of:\n{{text}}', { count: { plain: '3' }, text: { quoted: 'hm' } })).toBe(
      'Write 3 of:\n```text\nhm\n```',
    );
  });

  it('fills every place of a field, with or without space in the braces', () => {
    expect(fillTemplate('T', '{{n}}{{ n }}{{n  }}', { n: { plain: '1' } })).toBe('111');
  });

  it('makes a fence longer than any run of backticks in the text', () => {
    expect(fillTemplate('T', '{{text}}', { text: { quoted: 'x\n````\ny' } })).toBe('`````text\nx\n````\ny\n`````');
  });

  it('takes nothing inside a field for a placeholder or a replacement pattern', () => {
    const fields = { a: { quoted: '{{b}} $& $1 $`' }, b: { plain: '{{a}} $$' } };
    expect(fillTemplate('T', '{{a}}|{{b}}', fields)).toBe('```text\n{{b}} $& $1 $`\n```|{{a}} $$');
  });

  it('refuses an unknown placeholder, also one that every object has', () => {
    expect(() => fillTemplate('The T', '{{n}} {{m}}', { n: { plain: '1' } })).toThrow(
      new ConfigError('config/invalid', 'The T has the unknown placeholder {{m}}; use {{n}} and no other.'),
    );
    expect(() => fillTemplate('T', '{{constructor}}', {})).toThrow(
      'T has the unknown placeholder {{constructor}}; use no placeholder and no other.',
    );
  });

  it('refuses a template without a place for a field', () => {
    const fields = { a: { plain: '1' }, b: { quoted: '2' }, c: { plain: '3' } };
    expect(() => fillTemplate('T', '{{a}} {{c}}', fields)).toThrow(
      'T lacks {{b}}; use {{a}}, {{b}} and {{c}} and no other.',
    );
  });
});
