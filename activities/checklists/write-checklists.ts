import { readFile } from 'node:fs/promises';
import { hashJson, sha256Hex } from '../../clients/content-hash.ts';
import type { ChecklistsConfig } from '../../configs/schema/checklists.ts';
import type { RunConfig } from '../../configs/schema/run-config.ts';
import { checklistShardName, promptShardName } from '../../domain/artifact-names.ts';
import type { JsonValue } from '../../domain/canonical-json.ts';
import type { ChecklistRules } from '../../domain/checklist-writing/check-checklist.ts';
import { countChecklistRows, type ChecklistRow } from '../../domain/checklist-writing/checklist-row.ts';
import { exampleQuestions } from '../../domain/checklist-writing/example-questions.ts';
import { addUniversalItems } from '../../domain/checklist-writing/universal-items.ts';
import { renderInstruction } from '../../domain/render-instruction.ts';
import { policyStamp } from '../../domain/policy-version.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { callSeed } from '../../domain/random.ts';
import { NO_COUNTS, type RolloutCounts, type ShardTask } from '../../domain/run.ts';
import { drawChecklistCandidates, type ChecklistCandidates } from './checklist-candidates.ts';
import { countCalls } from '../calls/counted-calls.ts';
import type { CallUsage } from '../calls/policy-calls.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';
import { writeChecklist } from './write-checklist.ts';
import { writePrograms } from './write-programs.ts';
import type { WriterCalls } from '../calls/writer-calls.ts';

/** The texts that the writer is asked with. */
interface WriterTemplates {
  readonly write: string;
  readonly rewrite: string;
  readonly program: string;
}

/** What the rows of a shard are written from. */
interface WritingPlan {
  readonly seed: number;
  /** 0, or the turn when each turn has its own checklist. */
  readonly round: number;
  readonly templates: WriterTemplates;
  readonly rules: ChecklistRules;
  readonly candidates: ChecklistCandidates | undefined;
}

/** Gives each prompt of a shard its checklist, once, for all its answers. */
export function createWriteChecklistsActivities(provider: RunServicesProvider) {
  return {
    /** @returns the calls and tokens that were spent; what was written is in the artifact */
    async writeChecklists(task: ShardTask): Promise<RolloutCounts> {
      const services = await provider.of(task.run);
      const { store, config } = services;
      const settings = checklistSettings(config);
      const place = { ...task, runName: task.run.runName };
      const isPerTurn = config.loop === 'refine' && config.refine.checklist === 'regenerated';
      const name = checklistShardName(place, isPerTurn);
      const existing = await store.find(name);
      if (existing !== undefined) return toCounts(existing.summary as unknown as CallUsage);

      const prompts = await readArtifact<PromptRow>(store, promptShardName(place));
      const candidates =
        settings.source === 'rlcf-candidates'
          ? await drawChecklistCandidates(services, task, prompts, settings.candidates)
          : undefined;
      const plan = {
        seed: config.seed,
        round: isPerTurn ? task.round : 0,
        candidates,
        ...(await readTemplates(settings)),
      };
      const { rows, usage } = await writeRows(services, settings, name, prompts.rows, plan);
      const spent = addUsage(usage, candidates?.usage);
      await store.write({
        name,
        schema: 'checklist',
        step: 'write-checklists',
        parents: [prompts.ref, ...(candidates === undefined ? [] : [candidates.ref])],
        configHash: task.run.configHash,
        policy: settings.writer === 'self' ? policyStamp(task.policy) : null,
        shards: [rows],
        summary: { ...spent, ...countChecklistRows(rows) },
      });
      return toCounts(spent);
    },
  };
}

function checklistSettings(config: RunConfig): ChecklistsConfig {
  if (!('checklists' in config)) {
    throw new Error(`The loop "${config.loop}" takes checklists as given: there is nothing to write.`);
  }
  return config.checklists;
}

async function readTemplates({ source, minItems, maxItems }: ChecklistsConfig) {
  const read = (file: string) => readFile(new URL(`../../prompts/${file}`, import.meta.url), 'utf8');
  const weighted = source === 'rlcf-candidates';
  const write = await read(weighted ? 'write-checklist-candidates.md' : 'write-checklist.md');
  return {
    templates: { write, rewrite: await read('rewrite-checklist.md'), program: await read('write-verifier.md') },
    rules: { minItems, maxItems, weighted, exampleQuestions: exampleQuestions(write) },
  };
}

async function writeRows(
  services: RunServices,
  config: ChecklistsConfig,
  scope: string,
  prompts: readonly PromptRow[],
  plan: WritingPlan,
): Promise<{ readonly rows: readonly ChecklistRow[]; readonly usage: CallUsage }> {
  const { writer, ledgers } = services;
  const { result: rows, usage } = await countCalls(ledgers, { scope, total: prompts.length }, (counted) => {
    const calls: WriterCalls = { ...counted, seat: writer, config };
    return counted.each(writer.lane, prompts, (prompt) => writeRow(calls, prompt, plan));
  });
  return { rows, usage };
}

async function writeRow(calls: WriterCalls, prompt: PromptRow, plan: WritingPlan): Promise<ChecklistRow> {
  const { promptId, messages } = prompt;
  const { config, seat } = calls;
  const instruction = renderInstruction(messages);
  const origin = config.source === 'given' ? takeGiven(prompt) : await write(calls, prompt, instruction, plan);
  const own = config.verifierPrograms
    ? await writePrograms(calls, {
        template: plan.templates.program,
        instruction,
        checklist: origin.checklist,
        seedOf: (index) => seedOf(plan, 'program', promptId, index),
      })
    : { checklist: origin.checklist, programs: [] };
  const isEmpty = own.checklist.length === 0;
  const checklist = config.universalItems && !isEmpty ? addUniversalItems(own.checklist) : own.checklist;
  return {
    promptId,
    ...origin,
    checklist,
    hash: hashJson(checklist as unknown as JsonValue),
    source: config.source,
    writer: config.source === 'given' && own.programs.length === 0 ? null : seat.name,
    programs: own.programs,
  };
}

type Origin = Omit<ChecklistRow, 'promptId' | 'hash' | 'source' | 'writer' | 'programs'>;

function takeGiven({ checklist }: PromptRow): Origin {
  return { checklist, failure: null, templateHash: null, seed: null, attempts: 0, flags: [], rejections: [] };
}

async function write(calls: WriterCalls, prompt: PromptRow, instruction: string, plan: WritingPlan): Promise<Origin> {
  const seed = seedOf(plan, 'checklist', prompt.promptId, 0);
  const candidates = plan.candidates?.textsOf(prompt.promptId);
  const { settled, replies } = await writeChecklist(calls, {
    template: plan.templates.write,
    rewriteTemplate: plan.templates.rewrite,
    rules: plan.rules,
    instruction,
    seed,
    ...(candidates === undefined ? {} : { candidates }),
  });
  return {
    checklist: settled.ok ? settled.items : [],
    failure: settled.ok ? null : settled.reason,
    templateHash: sha256Hex(plan.templates.write),
    seed,
    attempts: replies.length,
    flags: settled.ok ? settled.flags : [],
    rejections: replies.flatMap(({ complaints }) => complaints.map(({ reason }) => reason)),
  };
}

function seedOf({ seed, round }: WritingPlan, stage: 'checklist' | 'program', promptId: string, index: number): number {
  return callSeed({ seed, stage, round, promptId, sampleIndex: index });
}

function addUsage(a: CallUsage, b: CallUsage | undefined): CallUsage {
  return {
    calls: a.calls + (b?.calls ?? 0),
    promptTokens: a.promptTokens + (b?.promptTokens ?? 0),
    completionTokens: a.completionTokens + (b?.completionTokens ?? 0),
  };
}

function toCounts({ calls, promptTokens, completionTokens }: CallUsage): RolloutCounts {
  return { ...NO_COUNTS, calls, promptTokens, completionTokens };
}
