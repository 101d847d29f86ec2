import { describe, expect, it } from 'vitest';
import { parseProcessStat } from '../../domain/process-stat.ts';

const line = ({ name = 'node', state = 'S', threads = 11 }) =>
  `4711 (${name}) ${state} 1 4700 4700 0 -1 4194304 5000 0 0 0 12 3 0 0 20 0 ${threads} 0 987654 1100000000 9000 18446744073709551615`;

describe('process stat', () => {
  it('reads the group and the start of a process, whatever its name', () => {
    const running = { hasEnded: false, groupId: 4700, startTime: '987654' };
    for (const name of ['node', 'a) Z 1 2', '((', 'tmux: server']) {
      expect(parseProcessStat(line({ name }))).toEqual(running);
    }
  });

  it('takes a process for ended once its last thread is', () => {
    expect(parseProcessStat(line({ state: 'Z', threads: 2 }))?.hasEnded).toBe(false);
    expect(parseProcessStat(line({ state: 'Z', threads: 1 }))?.hasEnded).toBe(true);
    expect(parseProcessStat(line({ state: 'X', threads: 0 }))?.hasEnded).toBe(true);
    expect(parseProcessStat(line({ state: 'D', threads: 1 }))?.hasEnded).toBe(false);
  });

  it('reads no process from a torn line', () => {
    for (const text of ['', '4711', '4711 (node) S 1', line({}).slice(0, 40)]) {
      expect(parseProcessStat(text)).toBeUndefined();
    }
  });
});
