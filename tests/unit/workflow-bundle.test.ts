import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { LOOP_WORKFLOWS } from '../../cli/loop-workflows.ts';
import * as workflows from '../../workflows/index.ts';

const quiet = () => {};
const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

describe('the workflow bundle', () => {
  it('holds no module that a workflow may not use and has every workflow', async () => {
    const { code } = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
      logger,
    });
    const names = Object.keys(workflows);
    expect(names).toEqual(expect.arrayContaining(Object.values(LOOP_WORKFLOWS)));
    for (const name of names) expect(code).toContain(`function ${name}(`);
  }, 120_000);
});
