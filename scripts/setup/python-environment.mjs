import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';
import { hashFile, hasStamp, removeStamp, writeStamp } from './stamp.mjs';

const PROGRESS_EVERY_MS = 10_000;

// pip writes INSTALLER after a package's files: without it the package is half there, and pip would take it for whole.
const LIST_WHOLE_PACKAGES = `
import importlib.metadata, json, shutil
found = {}
for dist in importlib.metadata.distributions():
    if dist.read_text("INSTALLER") is None:
        shutil.rmtree(dist._path, ignore_errors=True)
    else:
        found[dist.metadata["Name"]] = dist.version
print(json.dumps(found))
`;

const normalize = (name) => name.toLowerCase().replaceAll(/[-_.]+/g, '-');

/** Path of the Python that the other parts use: the caller's ready environment, or ours. */
export function environmentPython(root) {
  return process.env.TICKLOOP_PYTHON_ENV || join(root, '.tickloop', 'python', 'bin', 'python');
}

async function findBasePython() {
  const chosen = process.env.TICKLOOP_PYTHON;
  const seen = [];
  for (const candidate of chosen ? [chosen] : ['python3.11', 'python3']) {
    const { exitCode, lines } = await runCommand(candidate, [
      '-c',
      'import sys; print("%d.%d" % sys.version_info[:2])',
    ]);
    if (exitCode === 0 && lines[0] === '3.11') return candidate;
    seen.push(
      exitCode === 0 && lines.length > 0 ? `${candidate} is Python ${lines[0]}` : `${candidate} does not run as Python`,
    );
  }
  throw new SetupError(
    `Python 3.11 was not found (${seen.join('; ')}): install it, or name it with TICKLOOP_PYTHON=/path/to/python3.11.`,
  );
}

function readPins(path) {
  return [...readFileSync(path, 'utf8').matchAll(/^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)/gm)].map(
    ([, name, version]) => ({ name: normalize(name), version }),
  );
}

// Nothing when the environment cannot run: it is then made anew.
async function listMissing(python, pins) {
  const { exitCode, lines } = await runCommand(python, ['-c', LIST_WHOLE_PACKAGES]);
  if (exitCode !== 0) return undefined;
  const installed = new Map(
    Object.entries(JSON.parse(lines.at(-1))).map(([name, version]) => [normalize(name), version]),
  );
  return pins.filter(({ name, version }) => installed.get(name) !== version);
}

function checkDiskSpace(folder, neededGb) {
  const { bavail, bsize } = statfsSync(folder);
  const freeGb = (bavail * bsize) / 1e9;
  if (freeGb < neededGb) {
    throw new SetupError(
      `${folder} has ${freeGb.toFixed(1)} GB free and the Python environment needs about ${neededGb.toFixed(1)} GB: ` +
        `free some space, or put the checkout on a larger disk.`,
    );
  }
}

async function createEnvironment(folder, logPath) {
  const base = await findBasePython();
  const { exitCode, lastLines } = await runCommand(base, ['-m', 'venv', '--clear', folder], { logPath });
  if (exitCode !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new SetupError(
      `${base} could not make a virtual environment in ${folder}: install its venv module ` +
        `(python3.11-venv on Debian and Ubuntu), then run this again. Its last lines:\n${lastLines.join('\n')}`,
    );
  }
}

async function installPins({ folder, python, requirements, pins, missing, temporary, logPath, report }) {
  let fetched = 0;
  let installing = false;
  const timer = setInterval(
    () =>
      report(
        installing
          ? `installing ${missing.length} packages`
          : `fetched ${fetched} of ${missing.length} packages, ${pins.length} in all`,
      ),
    PROGRESS_EVERY_MS,
  );
  // Several packages unpack to gigabytes: keep that on the disk that was checked, not on a small /tmp.
  mkdirSync(temporary, { recursive: true });
  const { exitCode, lastLines } = await runCommand(
    python,
    ['-m', 'pip', 'install', '--no-deps', '--require-hashes', '--disable-pip-version-check', '--no-input'].concat(
      '--progress-bar',
      'off',
      '-r',
      requirements,
    ),
    {
      logPath,
      env: { TMPDIR: temporary, PYTHONUNBUFFERED: '1' },
      onLine: (line) => {
        if (line.startsWith('Collecting ')) fetched += 1;
        if (line.startsWith('Installing collected packages')) installing = true;
      },
    },
  );
  clearInterval(timer);
  rmSync(temporary, { recursive: true, force: true });
  if (exitCode === 0) return;
  const full = lastLines.some((line) => line.includes('No space left on device'));
  throw new SetupError(
    full
      ? `The disk of ${folder} is full: free some space, then run this again; it goes on from here.`
      : `pip failed (exit ${exitCode}): read ${logPath}, then run this again; it goes on from here. ` +
          `Its last lines:\n${lastLines.join('\n')}`,
  );
}

/** Step `python`: the environment of vLLM and the trainer, exactly the pinned and hashed packages. */
export async function installPythonEnvironment({ root, neededGb, report }) {
  if (process.env.TICKLOOP_PYTHON_ENV) {
    if (!existsSync(process.env.TICKLOOP_PYTHON_ENV)) {
      throw new SetupError(
        `TICKLOOP_PYTHON_ENV names ${process.env.TICKLOOP_PYTHON_ENV}, which does not exist: ` +
          `give the path of a ready environment's python, or unset it.`,
      );
    }
    return `using ${process.env.TICKLOOP_PYTHON_ENV} (TICKLOOP_PYTHON_ENV)`;
  }
  const folder = join(root, '.tickloop', 'python');
  const python = environmentPython(root);
  const requirements = join(root, 'trainer', 'requirements.txt');
  if (!existsSync(requirements))
    throw new SetupError(`${requirements} is missing: restore it from the repository, then run this again.`);
  const hash = hashFile(requirements);
  if (hasStamp(root, 'python', hash) && existsSync(python)) return 'Python environment is installed';

  const pins = readPins(requirements);
  const logPath = join(root, '.tickloop', 'logs', 'pip.log');
  removeStamp(root, 'python');
  let missing = existsSync(python) ? await listMissing(python, pins) : undefined;
  if (missing === undefined || missing.length > 0) {
    const share = (missing ?? pins).length / Math.max(1, pins.length);
    checkDiskSpace(join(root, '.tickloop'), neededGb * share);
    const pip = missing && (await runCommand(python, ['-m', 'pip', '--version']));
    if (pip?.exitCode !== 0) {
      report('making a Python 3.11 environment');
      await createEnvironment(folder, logPath);
      missing = pins;
    }
    report(`installing ${missing.length} of ${pins.length} Python packages; log in ${logPath}`);
    const temporary = join(root, '.tickloop', 'pip-temporary');
    await installPins({ folder, python, requirements, pins, missing, temporary, logPath, report });
    missing = await listMissing(python, pins);
    if (missing === undefined || missing.length > 0) {
      const names = (missing ?? pins).map(({ name }) => name).join(', ');
      throw new SetupError(`pip finished but these packages are not as pinned: ${names}. Read ${logPath}.`);
    }
  }
  writeStamp(root, 'python', hash);
  return `Python environment is installed (${pins.length} packages)`;
}
