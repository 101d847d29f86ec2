import pLimit from 'p-limit';
import { sha256Hex } from '../../clients/content-hash.ts';
import type { MagpieConfig } from '../../configs/schema/magpie.ts';
import { configOfLoop } from '../../configs/stage-sampling.ts';
import type { MagpieOrigin, SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { resolvePresetChoices, resolveQueryStyle } from '../../domain/synthesis/query-presets.ts';
import { sanitiseQuery } from '../../domain/synthesis/sanitise-query.ts';
import { duplicateKey, screenQuery, type ScreenRules } from '../../domain/synthesis/screen-query.ts';
import { trimQuery } from '../../domain/synthesis/trim-query.ts';
import { withHeartbeats } from '../heartbeats.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { findBatch, readBatch, writeBatch } from './batches.ts';
import type { BatchTask } from '../synthesis/batch.ts';

/** What screening a batch came to. */
export interface ScreenedQueries {
  /** Rows that go on. */
  readonly left: number;
}

interface CleanedQuery {
  readonly row: SynthesisRow;
  readonly text: string;
  /** Rule of the sanitiser; `null` where there is none. */
  readonly rule: string | null;
}

/** Runs whose queries a worker remembers; those of another are read again. */
const MOST_RUNS = 4;

/** What earlier batches have asked, as far as a worker has read them: hashes, so that a million queries fit. */
interface Seen {
  readonly keys: Set<string>;
  batches: number;
}

/** Leaves out by rule what is not worth a judge's or a reply's tokens. */
export function createScreenQueriesActivities(provider: RunServicesProvider) {
  const seenByRun = new Map<string, Seen>();
  // Two attempts at once would each go on where the other one is, and a batch would be read by none.
  const oneAtATime = pLimit(1);

  return {
    /** Goes by the queries of all earlier batches, which have to be drawn; of several equal ones the first stays. */
    async screenQueries(task: BatchTask): Promise<ScreenedQueries> {
      const services = await provider.of(task.run);
      const existing = await findBatch(services, task, 'screened');
      if (existing !== undefined) return existing.summary as unknown as ScreenedQueries;
      const config = configOfLoop(services.config, 'magpie');
      const queries = await readBatch(services, task, 'queries');
      const cleaned = queries.rows.map((row) => clean(config, row));
      // What is known grows with the next batch, so it is gone by before anybody else reads on.
      const rows = await withHeartbeats(() =>
        oneAtATime(async () => {
          const known = await readSeen(services, config, task, seenByRun);
          const own = new Set<string>();
          return cleaned.map((query) => screen(config, query, known, own));
        }),
      );
      const summary = { left: rows.filter(({ dropped }) => dropped === undefined).length };
      await writeBatch(services, task, 'screened', {
        step: 'screen-queries',
        parents: [queries.ref],
        policy: queries.manifest.policy,
        rows,
        summary: { ...summary, sanitised: countRules(cleaned) },
      });
      return summary;
    },
  };
}

/** The rules of the config, and what its preset has for those that it leaves open. */
export function screenRules(config: MagpieConfig): ScreenRules {
  return { ...config.screening, rejectMarkdown: resolvePresetChoices(config).rejectMarkdown };
}

/** Cuts at a role's line, and applies the rules of the family where the config has one. */
export function cleanQuery(
  { queries }: MagpieConfig,
  raw: string,
): { readonly text: string; readonly rule: string | null } {
  const trimmed = trimQuery(raw);
  const { sanitiser } = resolveQueryStyle(queries);
  if (sanitiser === null || trimmed === '') return { text: trimmed, rule: null };
  const { query, rule } = sanitiseQuery(trimmed, sanitiser);
  return { text: query, rule };
}

function clean(config: MagpieConfig, row: SynthesisRow): CleanedQuery {
  const raw = row.messages[0]?.content ?? '';
  if (row.dropped !== undefined) return { row, text: raw, rule: null };
  return { row, ...cleanQuery(config, raw) };
}

function screen(
  config: MagpieConfig,
  { row, text }: CleanedQuery,
  known: ReadonlySet<string>,
  own: Set<string>,
): SynthesisRow {
  if (row.dropped !== undefined) return row;
  const raw = row.messages[0]?.content ?? '';
  const key = keyOf(text);
  const reason =
    screenQuery(text, screenRules(config), raw) ?? (known.has(key) || own.has(key) ? 'duplicate' : undefined);
  own.add(key);
  const origin = row.origin as MagpieOrigin;
  return {
    ...row,
    messages: [{ role: 'user', content: text }],
    origin: text === raw.trim() ? origin : { ...origin, rawQuery: raw },
    ...(reason === undefined ? {} : { dropped: { by: 'screening', reason } }),
  };
}

/** Keys of the queries of all batches before this one that came to an end. */
async function readSeen(
  services: RunServices,
  config: MagpieConfig,
  { run, batch }: BatchTask,
  seenByRun: Map<string, Seen>,
): Promise<ReadonlySet<string>> {
  const place = `${run.storeRoot}\n${run.runName}\n${run.configHash}`;
  const kept = seenByRun.get(place);
  // An earlier batch that is screened again, on a fresh worker or after a failure, must not meet itself.
  const seen: Seen = kept !== undefined && kept.batches <= batch ? kept : { keys: new Set(), batches: 0 };
  for (; seen.batches < batch; seen.batches += 1) {
    const { rows } = await readBatch(services, { run, batch: seen.batches }, 'queries');
    for (const row of rows) if (row.dropped === undefined) seen.keys.add(keyOf(clean(config, row).text));
  }
  // The run that was asked about last is the last to be forgotten.
  seenByRun.delete(place);
  seenByRun.set(place, seen);
  const [oldest] = seenByRun.keys();
  if (seenByRun.size > MOST_RUNS && oldest !== undefined) seenByRun.delete(oldest);
  return seen.keys;
}

function keyOf(text: string): string {
  return sha256Hex(duplicateKey(text)).slice(0, 24);
}

function countRules(cleaned: readonly CleanedQuery[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { rule } of cleaned) if (rule !== null) counts[rule] = (counts[rule] ?? 0) + 1;
  return counts;
}
