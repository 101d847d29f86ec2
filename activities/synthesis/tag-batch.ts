import { queryOf } from '../../domain/synthesis/row-texts.ts';
import type { RowTags, SynthesisRow } from '../../domain/synthesis/synthesis-row.ts';
import { countCalls } from '../calls/counted-calls.ts';
import { rewriteBatch, type BatchCounts, type BatchTask } from './batch.ts';
import type { SynthesisServices, SynthesisServicesProvider } from './services.ts';
import type { TagCalls } from './tag-calls.ts';
import { listTagQuestions } from './tag-questions.ts';

/** What tagging a batch cost, and which tags it did not get. */
export interface TagCounts extends BatchCounts {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Rows that were tagged. */
  readonly tagged: number;
  /** Of them, those whose tag could not be read, by `<tag>/<cause>`. */
  readonly unread: Readonly<Record<string, number>>;
}

/** Says of each query of a batch what it is about, how good and how hard it is, its language, and whether it is safe. */
export function createTagBatchActivities(provider: SynthesisServicesProvider) {
  return {
    /** A row whose tag could not be read goes on without it; what a filter makes of that is the filter's business. */
    async tagBatch(task: BatchTask): Promise<TagCounts> {
      const services = await provider.of(task.run);
      return rewriteBatch(services, task, { from: 'screened', to: 'tagged', step: 'tag-batch' }, (rows, scope) =>
        tagRows(services, rows, scope),
      );
    },
  };
}

async function tagRows(services: SynthesisServices, rows: readonly SynthesisRow[], scope: string) {
  const alive = rows.filter(({ dropped }) => dropped === undefined);
  const tags = new Map<string, RowTags>();
  const unread: Record<string, number> = {};
  const note = (rowId: string, kind: string, found: RowTags, cause: string | null) => {
    tags.set(rowId, { ...tags.get(rowId), ...found });
    if (cause !== null) unread[`${kind}/${cause}`] = (unread[`${kind}/${cause}`] ?? 0) + 1;
  };
  const usage = await askAll(services, alive, scope, note);
  const { detectLanguage } = services.seats;
  for (const row of detectLanguage === null ? [] : alive) {
    const language = detectLanguage?.(queryOf(row)) ?? null;
    note(row.rowId, 'language', { language }, language === null ? 'unsure' : null);
  }
  return {
    rows: rows.map((row) => {
      const found = row.dropped === undefined ? tags.get(row.rowId) : undefined;
      return found === undefined ? row : { ...row, tags: { ...row.tags, ...found } };
    }),
    counts: { ...usage, tagged: alive.length, unread },
  };
}

async function askAll(
  services: SynthesisServices,
  alive: readonly SynthesisRow[],
  scope: string,
  note: (rowId: string, kind: string, found: RowTags, cause: string | null) => void,
) {
  const { seed, ledgers } = services;
  const questions = await listTagQuestions(services);
  const { usage } = await countCalls(ledgers, { scope, total: alive.length * questions.length }, async (counted) => {
    const calls: TagCalls = { ...counted, seed };
    for (const { kind, seat, ask } of questions) {
      const answers = await counted.each(seat.lane, alive, async (row) => ({
        rowId: row.rowId,
        asked: await ask(calls, row.rowId, queryOf(row)),
      }));
      for (const { rowId, asked } of answers) note(rowId, kind, asked.tags, asked.unread);
    }
  });
  return usage;
}
