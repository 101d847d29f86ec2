import { sep } from 'node:path';
import { canonicalJson, type JsonValue } from '../domain/canonical-json.ts';
import type { TrainingJob } from './trainer.ts';

/**
 * What a job file says beside a job: the same, the same from before their folder was moved together with the rest of its
 * store, or something else.
 */
export function compareJobs(text: string, job: TrainingJob): 'same' | 'moved' | 'other' {
  const found = parse(text);
  if (found === undefined) return 'other';
  const wanted = canonical(job);
  if (canonical(found) === wanted) return 'same';
  return canonical(withMovedPaths(found, job)) === wanted ? 'moved' : 'other';
}

const canonical = (job: object): string => canonicalJson(job as JsonValue);

function parse(text: string): TrainingJob | undefined {
  try {
    const found = JSON.parse(text) as Partial<TrainingJob> | null;
    return typeof found?.outputDir === 'string' ? (found as TrainingJob) : undefined;
  } catch {
    return undefined;
  }
}

/** The found job with the paths of the other, where these are its own below the root that its folder was moved to. */
function withMovedPaths(found: TrainingJob, job: TrainingJob): object {
  const [from, to] = [found.outputDir.split(sep), job.outputDir.split(sep)];
  while (from.length > 0 && from.at(-1) === to.at(-1)) {
    from.pop();
    to.pop();
  }
  const [fromRoot, toRoot] = [from.join(sep) + sep, to.join(sep) + sep];
  const moved = (path: string): string => (path.startsWith(fromRoot) ? toRoot + path.slice(fromRoot.length) : path);
  const wanted = new Map<string, unknown>(Object.entries(job));
  return Object.fromEntries(
    Object.entries(found).map(([field, value]: [string, unknown]) =>
      // A path that leads out of the store, such as that of the base model, may have stayed.
      typeof value === 'string' && moved(value) === wanted.get(field) ? [field, moved(value)] : [field, value],
    ),
  );
}
