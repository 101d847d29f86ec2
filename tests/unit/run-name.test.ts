import { describe, expect, it } from 'vitest';
import { checkRunName, workflowIdOf } from '../../cli/run-name.ts';

describe('checkRunName', () => {
  it.each(['a', '7', 'quickstart', 'Run_2-b', 'a'.repeat(64)])('takes %s', (name) => {
    expect(checkRunName(name)).toBe(name);
  });

  it.each(['', '-a', '_a', 'a/b', '..', 'a b', 'a.b', 'ä', 'a\n', 'a'.repeat(65)])('refuses %j', (name) => {
    expect(() => checkRunName(name)).toThrow(
      expect.objectContaining({
        code: 'config/invalid',
        message: `The run name "${name}" can't be used: take 1 to 64 letters, digits, "-" or "_", the first a letter or digit.`,
      }),
    );
  });
});

describe('workflowIdOf', () => {
  it('puts the name below run/', () => {
    expect(workflowIdOf('quickstart')).toBe('run/quickstart');
  });
});
