/** A model at an address. */
export interface ModelAddress {
  readonly baseUrl: string;
  readonly model: string;
}

/** Whose verdicts steer a loop. */
export type SteeredBy = 'code' | 'policy' | 'partly-policy' | 'other';

/** Whose verdicts measure it. */
export type MeasuredBy = 'nothing' | 'code' | 'steering-judge' | 'policy' | 'other';

/** Who steers and who measures, and the models behind it. */
export interface Judging {
  readonly steeredBy: SteeredBy;
  readonly judges: readonly string[];
  readonly measuredBy: MeasuredBy;
  readonly goldJudges: readonly string[];
}

/** What the answer depends on: where the models are, and whether any verdict came from one. */
export interface JudgingFacts {
  readonly policy: ModelAddress;
  readonly judges: readonly ModelAddress[];
  readonly goldJudges: readonly ModelAddress[];
  /** Whether a judge decided any item that steered. */
  readonly judgeDecided: boolean;
  /** Whether there is a gold verdict, and whether a judge gave any of them. */
  readonly measured: boolean;
  readonly goldJudgeDecided: boolean;
}

/** Says who steered and who measured, by what was really decided and not only by what the config allows. */
export function describeJudging(facts: JudgingFacts): Judging {
  const { policy, judges, goldJudges } = facts;
  return {
    steeredBy: facts.judgeDecided ? steeredBy(policy, judges) : 'code',
    judges: judges.map(({ model }) => model),
    measuredBy: measuredBy(facts),
    goldJudges: goldJudges.map(({ model }) => model),
  };
}

function steeredBy(policy: ModelAddress, judges: readonly ModelAddress[]): SteeredBy {
  const own = judges.filter((judge) => isSame(judge, policy)).length;
  if (own === 0) return 'other';
  return own === judges.length ? 'policy' : 'partly-policy';
}

function measuredBy({ policy, judges, goldJudges, measured, goldJudgeDecided }: JudgingFacts): MeasuredBy {
  if (!measured) return 'nothing';
  if (!goldJudgeDecided) return 'code';
  if (goldJudges.some((gold) => judges.some((judge) => isSame(gold, judge)))) return 'steering-judge';
  return goldJudges.some((gold) => isSame(gold, policy)) ? 'policy' : 'other';
}

function isSame(a: ModelAddress, b: ModelAddress): boolean {
  return a.model === b.model && withoutSlash(a.baseUrl) === withoutSlash(b.baseUrl);
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '').toLowerCase();
}
