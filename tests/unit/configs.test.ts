import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../cli/load-config.ts';
import { LOOP_WORKFLOWS } from '../../cli/loop-workflows.ts';

const FOLDER = fileURLToPath(new URL('../../configs/', import.meta.url));
const NAMES = readdirSync(FOLDER).filter((name) => /\.ya?ml$/.test(name));

describe('the configs of the repository', () => {
  it('include the quickstart', () => {
    expect(NAMES).toContain('quickstart.yaml');
  });

  it.each(NAMES)('%s can be loaded', async (name) => {
    const { config, defaultName } = await loadConfig(`${FOLDER}${name}`, [], {});
    expect(LOOP_WORKFLOWS).toHaveProperty(config.loop);
    expect(`${defaultName}.yaml`).toBe(name);
  });

  it.each(NAMES)('%s starts with the command that runs it', (name) => {
    const [first = ''] = readFileSync(`${FOLDER}${name}`, 'utf8').split('\n');
    expect(first).toMatch(/^# /);
    const commands = [`tickloop run configs/${name}`, ...(name === 'quickstart.yaml' ? ['npm run quickstart'] : [])];
    expect(commands.some((command) => first.includes(command))).toBe(true);
  });
});
