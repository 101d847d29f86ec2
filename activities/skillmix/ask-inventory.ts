import { cancellationSignal } from '@temporalio/activity';
import type { SkillmixConfig } from '../../configs/schema/skillmix.ts';
import { promptSetPrefix, shardName, skillmixFolder } from '../../domain/artifact-names.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { renderInstruction } from '../../domain/render-instruction.ts';
import type { RunRef } from '../../domain/run.ts';
import type { AskedReply, Extraction } from '../../domain/skillmix/extraction.ts';
import type { GivenInventory } from '../../inputs/given-inventory.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import { isRefused } from '../calls/paid-calls.ts';
import { samplingParameters } from '../calls/policy-calls.ts';
import type { RunServices } from '../run-services.ts';
import { countCall, type CallProgress } from './call-progress.ts';
import { askQueryTypes, extractByRow, extractByTopic } from './extract-skills.ts';
import type { ListCalls } from './ask-list.ts';
import { readInventoryTemplates } from './prompts.ts';

const NO_USAGE = { promptTokens: null, completionTokens: null };

/** Where the replies that an inventory was made from are kept, and the ledger of their calls. */
export function askedName(run: RunRef): string {
  return shardName(skillmixFolder(run.runName), 'asked', 0);
}

/** Asks for what is not given; the replies are kept. */
export async function askInventory(
  services: RunServices,
  run: RunRef,
  { inventory, sampling, seed }: SkillmixConfig,
  given: GivenInventory,
  progress: CallProgress,
): Promise<Extraction> {
  const nothing: Extraction = { topics: [], ...given, rows: [], groups: new Map(), groupRounds: [] };
  if (inventory.source === 'files' || inventory.source === 'run') return nothing;
  if (services.skillmix === undefined) throw new Error('The run has no teacher.');
  const replies: AskedReply[] = [];
  const ledger = await services.ledgers.open(askedName(run));
  const calls: ListCalls = {
    teacher: {
      seat: services.skillmix.teacher,
      ledger,
      signal: cancellationSignal(),
      count: (answer) => countCall(progress, isRefused(answer) ? NO_USAGE : answer),
    },
    seed,
    sampling: { ...samplingParameters(sampling), maxTokens: inventory.maxTokens },
    output: inventory.output,
    attempts: inventory.attempts,
    plan: (lists) => {
      progress.total += lists;
    },
    finish: () => {
      progress.done += 1;
    },
    log: (reply) => replies.push(reply),
  };
  try {
    const templates = await readInventoryTemplates();
    const asksTypes = given.queryTypes.length === 0;
    if (asksTypes) calls.plan(1);
    const found =
      inventory.source === 'asked'
        ? await extractByTopic(calls, templates, inventory)
        : await extractByRow(calls, templates, inventory, await readRows(services, run));
    const queryTypes = asksTypes ? await askQueryTypes(calls, templates, inventory.askedTypes) : given.queryTypes;
    const { calls: made, promptTokens, completionTokens, reported } = progress;
    await services.store.write({
      name: askedName(run),
      schema: 'asked-reply',
      step: 'build-inventory',
      parents: [],
      configHash: run.configHash,
      policy: null,
      shards: [replies.toSorted(byPlace)],
      summary: { calls: made, promptTokens, completionTokens, unreportedUsage: made - reported },
    });
    return { ...nothing, ...found, queryTypes };
  } finally {
    await ledger.close();
  }
}

/** Calls come back in any order; the artifact has one. */
function byPlace(a: AskedReply, b: AskedReply): number {
  const [first, second] = [a, b].map(({ step, subject }) => `${step} ${subject}`);
  return first === second ? a.attempt - b.attempt : (first ?? '') < (second ?? '') ? -1 : 1;
}

async function readRows({ store }: RunServices, run: RunRef) {
  const folder = `${promptSetPrefix(run.runName, 'prompts')}/prompts`;
  const shards = await Promise.all(
    (await store.list(`${folder}/`)).map((name) => readArtifact<PromptRow>(store, name)),
  );
  return shards.flatMap(({ rows }) =>
    rows.map(({ promptId, messages }) => ({ rowId: promptId, instruction: renderInstruction(messages) })),
  );
}
