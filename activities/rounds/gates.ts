import { configOfLoop } from '../../configs/stage-sampling.ts';
import { rowRule } from '../../configs/row-rule.ts';
import { roundName } from '../../domain/artifact-names.ts';
import { bootstrapMean, type Interval } from '../../domain/bootstrap.ts';
import { decideRound, type DecidedRound, type RoundAnswer } from '../../domain/gates/decide-round.ts';
import { policyStamp, type PolicyVersion } from '../../domain/policy-version.ts';
import { meanChange, type Rates } from '../../domain/report/pair-rates.ts';
import type { Evaluation, RunRef, SelectionCounts } from '../../domain/run.ts';
import { readHeldOut } from './evaluate.ts';
import { readArtifact } from '../artifacts/read-artifact.ts';
import { isAdapter } from '../serving/serving.ts';
import type { RunServices, RunServicesProvider } from '../run-services.ts';

export interface DecideInput {
  readonly run: RunRef;
  readonly round: number;
  /** Best version before this round. */
  readonly bestRound: number;
  /** Version that drift is measured from. */
  readonly baseRound: number;
  /** Shards of the held-out prompts. */
  readonly shards: number;
  /** Whether gold verdicts were asked for. */
  readonly gold: boolean;
  readonly policy: PolicyVersion;
}

/** A round's decision, with the answer that a person gave in an earlier life of the run. */
export interface RecordedDecision extends DecidedRound {
  readonly answer?: RoundAnswer;
}

export interface AnswerInput {
  readonly run: RunRef;
  readonly round: number;
  readonly answer: RoundAnswer;
}

/** Holds rounds against the gates and keeps what was decided, so that nobody is asked twice. */
export function createGateActivities(provider: RunServicesProvider) {
  return {
    async decideGates(input: DecideInput): Promise<RecordedDecision> {
      const { run, round, policy } = input;
      const services = await provider.of(run);
      const { store } = services;
      const name = roundName(run.runName, round, 'gates');
      if ((await store.find(name)) === undefined) {
        const decided = decideRound(
          await measureRound(services, input),
          configOfLoop(services.config, 'online-dpo').gates,
        );
        await store.write({
          name,
          schema: 'round-decision',
          step: 'decide-gates',
          parents: [(await readArtifact(store, roundName(run.runName, round, 'evaluation'))).ref],
          configHash: run.configHash,
          policy: policyStamp(policy),
          shards: [[decided]],
          summary: {},
        });
      }
      const decided = (await readArtifact<DecidedRound>(store, name)).rows[0] as DecidedRound;
      const answer = await readAnswer(services, run, round);
      return answer === undefined ? decided : { ...decided, answer };
    },

    /** Keeps a person's answer; the first one stands and is returned. */
    async recordAnswer({ run, round, answer }: AnswerInput): Promise<RoundAnswer> {
      const services = await provider.of(run);
      await services.store.write({
        name: roundName(run.runName, round, 'answer'),
        schema: 'round-answer',
        step: 'record-answer',
        parents: [(await readArtifact(services.store, roundName(run.runName, round, 'gates'))).ref],
        configHash: run.configHash,
        policy: null,
        shards: [[{ round, answer }]],
        summary: {},
      });
      return (await readAnswer(services, run, round)) ?? answer;
    },

    /** Takes a version that was rolled back out of service; the version that the run goes on from is loaded when it is needed. */
    async retirePolicy({ run, policy }: { readonly run: RunRef; readonly policy: PolicyVersion }): Promise<void> {
      const services = await provider.of(run);
      if (isAdapter(policy)) await services.policy.unloadAdapter(policy.servedModel);
    },
  };
}

async function readAnswer(
  { store }: RunServices,
  { runName }: RunRef,
  round: number,
): Promise<RoundAnswer | undefined> {
  const name = roundName(runName, round, 'answer');
  if ((await store.find(name)) === undefined) return undefined;
  return (await readArtifact<{ readonly answer: RoundAnswer }>(store, name)).rows[0]?.answer;
}

async function measureRound(services: RunServices, { run, round, bestRound, baseRound, shards, gold }: DecideInput) {
  const { store, config } = services;
  const { runName } = run;
  const options = { ...configOfLoop(config, 'online-dpo').evaluation, seed: config.seed };
  const ratesOf = async (of: number, role: 'judge' | 'gold') =>
    (await readHeldOut(services, { runName, round: of, shards, role })).rates;
  const evaluationOf = async (of: number) =>
    (await readArtifact<Evaluation>(store, roundName(runName, of, 'evaluation'))).rows[0];
  const measuredBy = gold ? 'gold' : 'judge';
  const [now, base] = [await evaluationOf(round), await evaluationOf(baseRound)];
  const { kind } = rowRule(configOfLoop(config, 'online-dpo'));
  const { manifest } = await readArtifact(store, roundName(runName, round, kind));
  const { itemsJudged, itemsSaturated, thinned } = manifest.summary as unknown as SelectionCounts;
  return {
    round,
    bestRound,
    measuredBy,
    heldOutChange: meanChange(
      await ratesOf(bestRound, measuredBy),
      await ratesOf(round, measuredBy),
      options,
    ) as Interval | null,
    judgeLead: gold
      ? leadOf(
          {
            judge: [await ratesOf(baseRound, 'judge'), await ratesOf(round, 'judge')],
            gold: [await ratesOf(baseRound, 'gold'), await ratesOf(round, 'gold')],
          },
          options,
        )
      : null,
    lengthChars: now?.lengthChars ?? null,
    baseLengthChars: base?.lengthChars ?? null,
    // Retired items have nothing left to teach, so a gate against that still counts them.
    saturation: {
      itemsJudged: itemsJudged + (thinned?.itemsRetired ?? 0),
      itemsSaturated: itemsSaturated + (thinned?.itemsRetiredMet ?? 0),
    },
    distinctness: now?.distinctness ?? null,
    baseDistinctness: base?.distinctness ?? null,
    kl: now?.kl ?? null,
    tasks: now?.tasks ?? null,
  } as const;
}

/** The judge's change less the gold one's, over the prompts that have all four rates. */
function leadOf(
  { judge, gold }: Readonly<Record<'judge' | 'gold', readonly [before: Rates, after: Rates]>>,
  options: Parameters<typeof bootstrapMean>[1],
): Interval | null {
  const leads = [...judge[0].keys()].flatMap((promptId) => {
    const rates = [judge[0], judge[1], gold[0], gold[1]].map((of) => of.get(promptId));
    const [judgeBefore, judgeAfter, goldBefore, goldAfter] = rates;
    if (judgeBefore === undefined || judgeAfter === undefined || goldBefore === undefined || goldAfter === undefined) {
      return [];
    }
    return [judgeAfter - judgeBefore - (goldAfter - goldBefore)];
  });
  return leads.length === 0 ? null : bootstrapMean(leads, options);
}
