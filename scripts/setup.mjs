#!/usr/bin/env node
// Prepares a checkout: Node packages, Python environment, Temporal CLI, model checkpoint. Runs before `npm ci`, so Node
// built-ins only. Every step looks first and skips what is there; a step's stamp is written last, so an interrupted
// set-up goes on where it stopped.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installNodePackages } from './setup/node-packages.mjs';
import { installPythonEnvironment } from './setup/python-environment.mjs';
import { convertModel } from './setup/model-checkpoint.mjs';
import { findTemporalCli } from './setup/temporal-cli.mjs';
import { takeLock } from './setup/lock.mjs';
import { killChildren } from './setup/run-command.mjs';
import { SetupError } from './setup/setup-error.mjs';

const STEPS = {
  node: checkNode,
  packages: installNodePackages,
  python: installPythonEnvironment,
  temporal: findTemporalCli,
  model: convertModel,
};

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 9)) {
    throw new SetupError(`Node ${process.versions.node} is too old: install Node 20.9 or newer, then run this again.`);
  }
  return `Node ${process.versions.node}`;
}

function readOptions() {
  const names = Object.keys(STEPS);
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      root: { type: 'string' },
      'needed-gb': { type: 'string', default: '12' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(
      `node scripts/setup.mjs [--only STEP]... [--needed-gb N]\n` +
        `  --only       run only this step: ${names.join(', ')}\n` +
        `  --needed-gb  free space asked for before a full Python install (12)`,
    );
    process.exit(0);
  }
  const unknown = values.only?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new SetupError(`There is no step "${unknown}": --only takes one of ${names.join(', ')}.`);
  const neededGb = Number(values['needed-gb']);
  if (!Number.isFinite(neededGb) || neededGb < 0) {
    throw new SetupError(`--needed-gb is "${values['needed-gb']}": give a number of gigabytes.`);
  }
  const root = resolve(values.root ?? resolve(dirname(fileURLToPath(import.meta.url)), '..'));
  return { root, neededGb, names: values.only ?? names };
}

const seconds = (startedAt) => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;

async function setUp() {
  const { root, neededGb, names } = readOptions();
  if (!existsSync(root)) throw new SetupError(`The folder ${root} does not exist: give --root an existing folder.`);
  const releaseLock = takeLock(root);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      killChildren(signal);
      releaseLock();
      console.error('setup: interrupted; run it again to go on from here.');
      process.exit(signal === 'SIGINT' ? 130 : 143);
    });
  }
  const setupStartedAt = performance.now();
  try {
    for (const [name, step] of Object.entries(STEPS)) {
      if (!names.includes(name)) continue;
      const startedAt = performance.now();
      const report = (line) => console.log(`${name.padEnd(9)} ${line} (${seconds(startedAt)})`);
      report(await step({ root, neededGb, report }));
    }
  } finally {
    releaseLock();
  }
  console.log(`${'done'.padEnd(9)} everything asked for is there (${seconds(setupStartedAt)})`);
}

try {
  await setUp();
} catch (error) {
  const badFlag = typeof error?.code === 'string' && error.code.startsWith('ERR_PARSE_ARGS');
  const noSpace = error?.code === 'ENOSPC';
  if (noSpace) console.error('setup: the disk is full: free some space, then run this again.');
  else if (error instanceof SetupError || badFlag) console.error(`setup: ${error.message}`);
  else console.error(error);
  process.exitCode = 1;
}
