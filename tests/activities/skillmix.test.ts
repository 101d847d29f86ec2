// Locks what one chat of Instruct-SkillMix does when its turns go wrong: only the failing turn is asked for again, cut replies
// are shortened, chats that don't fit are not sent, and a judge that does not prefer the refined pair keeps the draft.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBuildInventoryActivities } from '../../activities/build-inventory.ts';
import { withTranslatedErrors } from '../../activities/failure.ts';
import { createGenerateSkillmixActivities } from '../../activities/generate-skillmix.ts';
import { createOpenRunActivities } from '../../activities/open-run.ts';
import { createPlanSkillmixActivities } from '../../activities/plan-skillmix.ts';
import { readArtifact } from '../../activities/read-artifact.ts';
import { createRunServicesProvider } from '../../activities/run-services.ts';
import { createLocalArtifactStore } from '../../clients/local-artifact-store.ts';
import type { RunRef } from '../../domain/run.ts';
import type { RowSkills } from '../../domain/skillmix/extraction.ts';
import type { Skill } from '../../domain/skillmix/inventory.ts';
import type { PairResult } from '../../domain/skillmix/result.ts';
import { failureFrom, inActivity } from '../support/activity-bench.ts';
import {
  startScriptedModelServer,
  type ScriptedModelServer,
  type ScriptedReply,
} from '../support/scripted-model-server.ts';
import {
  makeSkillmixConfig,
  makeSkills,
  teachWell,
  turnOf,
  writeInventoryFiles,
  type AskedTurn,
} from '../support/skillmix-world.ts';

let folder: string;
let server: ScriptedModelServer;
let provider: ReturnType<typeof createRunServicesProvider>;
let run: RunRef;
let files: { readonly skills: string; readonly queryTypes: string };
let contextTokens: number;
/** What the teacher says instead of the right thing, by turn and by how often that turn was asked for before. */
let instead: (turn: AskedTurn, times: number) => string | ScriptedReply | undefined;

interface ChatBody {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly seed: number;
  readonly response_format?: object;
  readonly structured_outputs?: object;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickloop-skillmix-'));
  files = await writeInventoryFiles(folder, makeSkills(6));
  instead = () => undefined;
  contextTokens = 4000;
  const asked = new Map<AskedTurn, number>();
  server = await startScriptedModelServer({
    intercept: ({ path, body }) => {
      if (path === '/v1/models') {
        return {
          body: { object: 'list', data: [{ id: 'scripted', root: null, parent: null, max_model_len: contextTokens }] },
        };
      }
      if (path !== '/v1/chat/completions') return undefined;
      const turn = turnOf((body as ChatBody).messages.map(({ content }) => content).join('\n'));
      const times = asked.get(turn) ?? 0;
      asked.set(turn, times + 1);
      const said = instead(turn, times);
      return typeof said === 'string' ? say(said) : said;
    },
    deterministic: { model: 'scripted', answer: teachWell, maxModelLen: 100_000 },
  });
  provider = createRunServicesProvider({});
  run = { runName: 'test', storeRoot: join(folder, 'store'), configHash: '0'.repeat(64) };
});
afterEach(async () => {
  await provider.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const say = (content: string, finish_reason = 'stop'): ScriptedReply => ({
  body: {
    choices: [{ index: 0, message: { content }, finish_reason }],
    usage: { prompt_tokens: 10, completion_tokens: 5 },
  },
});
const store = () => createLocalArtifactStore({ root: run.storeRoot });
const bodies = () =>
  server.requests.filter(({ path }) => path === '/v1/chat/completions').map(({ body }) => body as ChatBody);
const activities = () =>
  withTranslatedErrors({
    ...createOpenRunActivities(provider),
    ...createBuildInventoryActivities(provider),
    ...createPlanSkillmixActivities(provider),
    ...createGenerateSkillmixActivities(provider),
  });

type Changes = Parameters<typeof makeSkillmixConfig>[2];

async function open(changes: Changes = {}) {
  const config = makeSkillmixConfig(server.baseUrl, files, { numRows: 1, ...changes });
  await inActivity(() => activities().openRun({ run, config }));
  return inActivity(() => activities().buildInventory({ run }));
}

const generate = () => inActivity(() => activities().generateSkillmix({ run, batch: 0 }));

/** The only pair of a run of one row. */
async function makeOne(changes: Changes = {}): Promise<PairResult> {
  await open(changes);
  await inActivity(() => activities().planSkillmixWave({ run, wave: 0, firstBatch: 0 }));
  await generate();
  const { rows } = await readArtifact<PairResult>(store(), 'test/skillmix/results/shard-000');
  const [only] = rows;
  if (only === undefined) throw new Error('no pair was made');
  return only;
}

const turnsOf = ({ replies }: PairResult) =>
  replies.map(({ turn, isRewrite, attempt, fault }) => `${turn}${isRewrite ? '+' : ''} ${attempt} ${fault ?? 'ok'}`);

describe('one chat', () => {
  it('grows turn by turn, each pair in the one layout', async () => {
    const result = await makeOne();
    expect(turnsOf(result)).toEqual(['draft 0 ok', 'critique 0 ok', 'refine 0 ok']);
    expect(result.end).toMatchObject({ ok: true, from: 'refined', pair: result.refined });
    const [draft, critique, refine] = bodies();
    expect([draft, critique, refine].map((body) => body?.messages.map(({ role }) => role).join(' '))).toEqual([
      'user',
      'user assistant user',
      'user assistant user assistant user',
    ]);
    expect(critique?.messages[1]?.content).toBe(
      `### Instruction:\n${result.draft?.instruction}\n\n### Response:\n${result.draft?.response}`,
    );
    expect(draft?.messages[0]?.content).toContain('Example 1. Type: Error detection. Skills (2): checking_units');
    // Both messages speak of the same skills in other words.
    expect(result.change?.unchanged).toBe(false);
    expect(result.change?.instruction).toBeGreaterThan(0);
    expect(result.change?.instruction).toBeLessThan(1);
  });

  it('asks again for the failing turn alone, with another seed, and pays for nothing twice when the server dies in between', async () => {
    instead = (turn, times) => {
      if (turn === 'draft' && times === 0) return 'Nice weather.';
      if (turn === 'critique' && times === 0) return '';
      if (turn === 'refine' && times === 0) return "I'm sorry, but I can't rewrite that.";
      return turn === 'refine' && times === 1 ? { status: 503 } : undefined;
    };
    expect(await failureFrom(makeOne())).toMatchObject({ type: 'model-server/unavailable', nonRetryable: false });
    await generate();
    const { rows } = await readArtifact<PairResult>(store(), 'test/skillmix/results/shard-000');
    expect(rows.map(turnsOf)).toEqual([
      ['draft 0 no-labels', 'draft 1 ok', 'critique 0 empty', 'critique 1 ok', 'refine 0 apology', 'refine 1 ok'],
    ]);
    // Six turns, and the one that the server died of.
    expect(bodies()).toHaveLength(7);
    const seeds = bodies().map(({ seed }) => seed);
    expect(new Set(seeds).size).toBe(6);
    expect(seeds[5]).toBe(seeds[6]);
    await generate();
    expect(bodies()).toHaveLength(7);
  });

  it('asks for a shorter whole reply where one was cut, and takes the message of the cut one', async () => {
    instead = (turn) => {
      if (turn === 'draft') return say('### Instruction:\nHow far is it?\n\n### Response:\nIt is so f', 'length');
      return turn === 'rewrite' ? '### Response:\nThree miles.' : undefined;
    };
    const result = await makeOne({ generation: { critique: false } });
    expect(turnsOf(result)).toEqual(['draft 0 cut', 'draft+ 0 ok']);
    expect(result.end).toMatchObject({
      ok: true,
      from: 'draft',
      pair: { instruction: 'How far is it?', response: 'Three miles.' },
    });
    expect(bodies()[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    // A reply that ended by itself is never called cut, whatever it looks like.
    expect(bodies()).toHaveLength(2);
  });

  it('draws a cut reply anew where rewriting is off, and ends as cut', async () => {
    instead = (turn) => (turn === 'draft' ? say('### Instruction:\nHow', 'length') : undefined);
    const result = await makeOne({ generation: { rewriteCut: false, attempts: 2 } });
    expect(turnsOf(result)).toEqual(['draft 0 cut', 'draft 1 cut']);
    expect(result.end).toEqual({ ok: false, turn: 'draft', fault: 'cut' });
  });

  it('does not insist on a combination that the teacher finds implausible', async () => {
    instead = (turn) => (turn === 'draft' ? 'CANNOT COMBINE' : undefined);
    const result = await makeOne();
    expect(turnsOf(result)).toEqual(['draft 0 cannot-combine']);
  });

  it('asks for another critique where praise alone changed nothing', async () => {
    let draft = '';
    instead = (turn, times) => {
      if (turn === 'draft') return (draft = '### Instruction:\nHow far?\n\n### Response:\nThree miles.');
      if (turn === 'critique' && times === 0) return 'Weaknesses:\n- None.\nStrengths:\n- All of it.';
      return turn === 'refine' && times === 0 ? draft : undefined;
    };
    const result = await makeOne();
    expect(turnsOf(result)).toEqual(['draft 0 ok', 'critique 0 ok', 'refine 0 ok', 'critique 0 ok', 'refine 0 ok']);
    expect(result.critique?.onlyPraise).toBe(false);
    expect(result.change?.unchanged).toBe(false);
  });

  it.each([
    ['drop', { ok: false, turn: 'refine', fault: 'apology' }],
    ['draft', { ok: true, from: 'draft' }],
  ] as const)('with onFailedRefine %s ends as told when no rewrite can be read', async (onFailedRefine, end) => {
    instead = (turn) => (turn === 'refine' ? "I'm sorry, but I can't." : undefined);
    const result = await makeOne({ generation: { onFailedRefine, attempts: 2 } });
    expect(result.end).toMatchObject(end);
    expect(result.critique).not.toBeNull();
  });

  it('holds replies to JSON by the server, and reads them', async () => {
    instead = (turn) =>
      turn === 'draft' || turn === 'refine' ? JSON.stringify({ instruction: `${turn}?`, response: 'So.' }) : undefined;
    const result = await makeOne({ generation: { output: 'json' } });
    expect(result.end).toMatchObject({ ok: true, pair: { instruction: 'refine?', response: 'So.' } });
    const constraints = bodies().map((body) => JSON.stringify(body).includes('"required":["instruction","response"]'));
    expect(constraints).toEqual([true, false, true]);
  });
});

describe('the gate', () => {
  it('keeps the refined pair that the judge prefers, in whatever order it is shown', async () => {
    const result = await makeOne({ generation: { gate: {} } });
    expect([result.gate, result.end.ok && result.end.from]).toEqual(['refined', 'refined']);
  });

  it('keeps the draft where the judge prefers it or says nothing', async () => {
    instead = (turn) => (turn === 'gate' ? 'Both are fine.' : undefined);
    const result = await makeOne({ generation: { gate: {}, attempts: 2 } });
    expect(turnsOf(result).slice(-2)).toEqual(['gate 0 unreadable', 'gate 1 unreadable']);
    expect([result.gate, result.end]).toMatchObject(['unreadable', { ok: true, from: 'draft', pair: result.draft }]);
    expect(result.refined).not.toBeNull();
  });
});

describe('the context', () => {
  it('is held by showing fewer examples', async () => {
    const roomy = await makeOne();
    expect(roomy.examples).toBe(2);
    const words = bodies()[0]?.messages[0]?.content.split(/\s+/).length ?? 0;
    // Too little for two examples beside replies (712) and the later prompts, enough for one.
    contextTokens = words + 100 + 512 + 100 + 30;
    run = { ...run, runName: 'tight' };
    await open();
    await inActivity(() => activities().planSkillmixWave({ run, wave: 0, firstBatch: 0 }));
    await generate();
    const { rows } = await readArtifact<PairResult>(store(), 'tight/skillmix/results/shard-000');
    expect(rows[0]?.examples).toBe(1);
    expect(rows[0]?.end.ok).toBe(true);
  });

  it('is too small for the whole chat: the run is refused before a call is paid for', async () => {
    contextTokens = 600;
    const failure = await failureFrom(open());
    expect(failure).toMatchObject({ type: 'model-server/context-too-small', nonRetryable: true });
    expect(failure.message).toMatch(
      /may have \d+ tokens without any example, more than the 600 of the teacher "scripted"/,
    );
    expect(bodies()).toHaveLength(0);
  });

  it('is outgrown by a turn: that chat is not sent, and the pair says so', async () => {
    instead = (turn) =>
      turn === 'draft' ? `### Instruction:\nHow?\n\n### Response:\n${'far '.repeat(3500)}` : undefined;
    const result = await makeOne();
    expect(result.end).toEqual({ ok: false, turn: 'critique', fault: 'too-long' });
    expect(bodies()).toHaveLength(1);
  });
});

describe('the inventory', () => {
  it('is made from the rows of a data set, with the skills of each row', async () => {
    const data = join(folder, 'data.jsonl');
    const rows = ['Plan my week.', 'Mend my bike.'].map((content, index) => ({
      promptId: `p${index}`,
      messages: [{ role: 'user', content }],
    }));
    await writeFile(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const { queryTypes } = files;
    const built = await open({ inventory: { source: 'labelled', data, queryTypes } });
    // Two rows of two labels, of which one is grouped: three calls.
    expect(built).toMatchObject({ skills: 2, queryTypes: 3, counts: { calls: 3 } });
    const skills = await readArtifact<Skill>(store(), 'test/skillmix/inventory');
    expect(skills.rows.map(({ name, count, source }) => [name, count, source])).toEqual([
      ['weighing_trade_offs', 2, 'labelled'],
      ['estimating_effort', 2, 'labelled'],
    ]);
    const mapped = await readArtifact<RowSkills>(store(), 'test/skillmix/row-skills');
    expect(mapped.rows.map(({ rowId, labels, skills }) => [rowId, labels, skills])).toEqual(
      ['p0', 'p1'].map((id) => [
        id,
        ['weighing_options', 'estimating_effort'],
        ['weighing_trade_offs', 'estimating_effort'],
      ]),
    );
    await open({ inventory: { source: 'labelled', data, queryTypes } });
    expect(bodies()).toHaveLength(3);
  });

  it('is taken over from another run, which makes held-out rows of other combinations possible', async () => {
    await open();
    run = { ...run, runName: 'other' };
    expect(await open({ inventory: { source: 'run', run: 'test' } })).toMatchObject({ skills: 6, queryTypes: 3 });
    run = { ...run, runName: 'third' };
    expect(await failureFrom(open({ inventory: { source: 'run', run: 'nobody' } }))).toMatchObject({
      type: 'config/unusable',
      message: expect.stringContaining('inventory.run names run "nobody"'),
    });
  });

  it('of too few skills ends the run with what was dropped and what to do', async () => {
    await writeFile(files.skills, 'planning_ahead\nplanning ahead\nPlanning-Ahead\n');
    expect(await failureFrom(open())).toMatchObject({
      type: 'data/too-few-skills',
      nonRetryable: true,
      message:
        'The inventory has 1 skill(s) and draw.skills asks for 2 different ones in a row: 3 were named; 0 are no names, 0 are topics, 2 repeat another, 0 were merged. Add skills to the file, and choose another --name.',
    });
  });

  it.each([
    ['a missing file', 'skills', null, 'data/unreadable', 'check inventory.skills'],
    ['no line', 'skills', '\n', 'data/invalid-row', 'has no skills'],
    ['a sentence', 'skills', 'good\n1 2 3\n', 'data/invalid-row', 'skills.txt:2 is no name of a skill'],
    ['no type', 'queryTypes', 'some text\n', 'data/invalid-row', 'types.md has no query types'],
    [
      'a bare type',
      'queryTypes',
      '1. **A**: a.\n   - "b"\n2. **C**: c.\n',
      'data/invalid-row',
      'types.md:3: the query type "C" lacks examples',
    ],
  ] as const)('of files with %s is refused before anything is paid', async (_name, file, text, type, message) => {
    if (text === null) await rm(files[file]);
    else await writeFile(files[file], text);
    expect(await failureFrom(open())).toMatchObject({ type, message: expect.stringContaining(message) });
    expect(bodies()).toHaveLength(0);
  });
});

describe('a teacher of its own', () => {
  it('is asked through any OpenAI-compatible endpoint, and the policy is not asked for anything', async () => {
    const config = {
      policy: { baseUrl: 'http://127.0.0.1:9', model: 'absent' },
      teacher: { baseUrl: server.baseUrl, model: 'scripted', contextTokens: 8000 },
    };
    const result = await makeOne(config);
    expect(result.end.ok).toBe(true);
    expect(server.requests.some(({ path }) => path === '/tokenize')).toBe(false);
  });
});
