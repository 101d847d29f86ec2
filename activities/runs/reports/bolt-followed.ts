import { boltName, promptSetPrefix, roundName, shardName, stageName } from '../../../domain/artifact-names.ts';
import type { BoltExample } from '../../../domain/bolt/bolt-example.ts';
import type { BoltPrompt } from '../../../domain/bolt/bolt-query.ts';
import type { CheckedSample } from '../../../domain/bolt/checked-sample.ts';
import { DIFFICULTY_CRITERIA } from '../../../domain/bolt/difficulty.ts';
import type { NamedSample } from '../../../domain/bolt/name-fates.ts';
import type { SftRow } from '../../../domain/bolt/sft-row.ts';
import type { PreferencePair } from '../../../domain/preference-pair.ts';
import type { FollowedQuery, FollowedRound, FollowedSample } from '../../../domain/report/bolt/bolt-report.ts';
import type { JudgedGroup, Rollout } from '../../../domain/rollout.ts';
import { shownTo } from '../../bolt/draw-thoughts.ts';
import { readArtifact } from '../../artifacts/read-artifact.ts';
import type { RunServices } from '../../run-services.ts';
import { readRowsBelow } from './loop-rows.ts';

/** Reads one query through all stages: of those that every version answers, the first with a pair, or else the first. */
export async function readFollowed(
  services: RunServices,
  runName: string,
  names: readonly string[],
): Promise<FollowedQuery | null> {
  const { store } = services;
  const set = shardName(promptSetPrefix(runName, 'followed'), 'prompts', 0);
  if (!names.includes(set)) return null;
  const { rows: candidates } = await readArtifact<BoltPrompt>(store, set);
  const pairs = await readPairs(services, runName, names);
  const hasPair = ({ promptId }: BoltPrompt) =>
    pairs.some(([, found]) => found.some((pair) => pair.promptId === promptId));
  const prompt = candidates.find(hasPair) ?? candidates[0];
  if (prompt === undefined) return null;
  const { promptId } = prompt;
  const [row] = names.includes(boltName(runName, 'sft-rows'))
    ? (await readArtifact<SftRow>(store, boltName(runName, 'sft-rows'))).rows.filter((one) => one.promptId === promptId)
    : [];
  const samples = await readSamples(services, runName, names, promptId);
  return {
    promptId,
    query: prompt.messages[0].content,
    topic: prompt.topic,
    difficulty:
      prompt.difficulty === null ? null : DIFFICULTY_CRITERIA.filter((criterion) => prompt.difficulty?.[criterion]),
    checklist: prompt.checklist,
    shown: await readShown(services, runName, names, promptId, row?.sampleIndex ?? samples[0]?.sampleIndex),
    samples,
    row:
      row === undefined
        ? null
        : { sampleIndex: row.sampleIndex, score: row.score, completion: row.completion[0].content },
    rounds: pairs.map(([round, found]) => toRound(round, found, promptId)),
    answers: await readAnswers(services, runName, names, promptId),
  };
}

type RoundPairs = readonly [round: number, pairs: readonly PreferencePair[]];

async function readPairs(
  { store }: RunServices,
  runName: string,
  names: readonly string[],
): Promise<readonly RoundPairs[]> {
  const rounds = roundsOf(names, runName, /^round-(\d+)\/pairs$/);
  return Promise.all(
    rounds.map(async (round): Promise<RoundPairs> => [
      round,
      (await readArtifact<PreferencePair>(store, roundName(runName, round, 'pairs'))).rows,
    ]),
  );
}

function toRound(round: number, pairs: readonly PreferencePair[], promptId: string): FollowedRound {
  const pair = pairs.find((one) => one.promptId === promptId);
  if (pair === undefined) return { round, pair: null };
  const textOf = (messages: PreferencePair['chosen']) => messages.map(({ content }) => content).join('\n');
  return {
    round,
    pair: {
      chosen: textOf(pair.chosen),
      rejected: textOf(pair.rejected),
      chosenReward: pair.chosenReward,
      rejectedReward: pair.rejectedReward,
    },
  };
}

async function readSamples(
  services: RunServices,
  runName: string,
  names: readonly string[],
  promptId: string,
): Promise<readonly FollowedSample[]> {
  if (!names.includes(boltName(runName, 'outcomes'))) return [];
  const { rows: outcomes } = await readArtifact<NamedSample>(services.store, boltName(runName, 'outcomes'));
  const attempts = roundsOf(names, runName, /^bolt\/attempt-(\d+)\/checked\//);
  const read = await Promise.all(
    attempts.map(async (attempt) => {
      const folder = stageName(runName, attempt, 'bootstrap');
      const drawn = await readRowsBelow<Rollout>(services, names, `${folder}/rollouts`);
      const checked = await readRowsBelow<CheckedSample>(services, names, `${folder}/checked`);
      const isIts = (one: { readonly promptId: string }) => one.promptId === promptId;
      return { drawn: drawn.filter(isIts), checked: checked.filter(isIts) };
    }),
  );
  const at = (sampleIndex: number) => (one: { readonly sampleIndex: number }) => one.sampleIndex === sampleIndex;
  return outcomes
    .filter((one) => one.promptId === promptId)
    .map(({ sampleIndex, fate, score }) => {
      const outcome = read.flatMap(({ drawn }) => drawn).find(at(sampleIndex))?.outcome;
      const detail = read.flatMap(({ checked }) => checked).find(at(sampleIndex))?.detail ?? null;
      return { sampleIndex, fate, score, detail, text: outcome?.ok === true ? outcome.text : null };
    });
}

async function readShown(
  services: RunServices,
  runName: string,
  names: readonly string[],
  promptId: string,
  sampleIndex: number | undefined,
): Promise<readonly string[]> {
  const { config, store } = services;
  if (sampleIndex === undefined || config.loop !== 'bolt' || !names.includes(boltName(runName, 'examples'))) return [];
  const { rows: library } = await readArtifact<BoltExample>(store, boltName(runName, 'examples'));
  const attempt = 1 + Math.floor(sampleIndex / config.bootstrap.sampling.samplesPerPrompt);
  return shownTo(services, library, { promptId, sampleIndex, attempt }).map(({ exampleId }) => exampleId);
}

async function readAnswers(
  services: RunServices,
  runName: string,
  names: readonly string[],
  promptId: string,
): Promise<FollowedQuery['answers']> {
  const rounds = roundsOf(names, runName, /^round-(\d+)\/follow\/judged\//);
  const read = await Promise.all(
    rounds.map(async (round) => {
      const groups = await readRowsBelow<JudgedGroup>(services, names, `${stageName(runName, round, 'follow')}/judged`);
      const answer = groups.find((group) => group.promptId === promptId)?.rollouts_G[0];
      return answer === undefined ? [] : [{ round, answer }];
    }),
  );
  return read.flat();
}

/** Numbers that the names of a run's artifacts have at a place, each once, in order. */
function roundsOf(names: readonly string[], runName: string, pattern: RegExp): readonly number[] {
  const found = names.flatMap((name) => pattern.exec(name.slice(runName.length + 1))?.[1] ?? []);
  return [...new Set(found.map(Number))].toSorted((a, b) => a - b);
}
