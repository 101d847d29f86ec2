import type { JudgeConfig } from '../../configs/schema/judge.ts';
import { renderInstruction } from '../../domain/render-instruction.ts';
import type { Item, Verdict } from '../../domain/checklist.ts';
import { DataError } from '../../domain/errors.ts';
import { decideItems, type AskJudge, type ReadingPlace } from '../../domain/judging/decide-items.ts';
import { averageWithCode, combineJudges } from '../../domain/judging/panel.ts';
import { planAsk } from '../../domain/judging/plan-ask.ts';
import { itemsPerCall } from '../../domain/judging/judge-method.ts';
import type { PromptRow } from '../../domain/prompt.ts';
import { callSeed, deriveSeed } from '../../domain/random.ts';
import type { JudgeRole } from '../../domain/run.ts';
import { settleAll } from '../../domain/settle-all.ts';
import { askOnce, type JudgeCalls, type SeatedJudge } from './judge-calls.ts';

/** The judges of a role. */
export interface JudgePanel {
  readonly role: JudgeRole;
  /** Seed of the run. */
  readonly seed: number;
  readonly config: Pick<JudgeConfig, 'useVerifiers' | 'verifierMode'>;
  /** None when the run has no judge: then code has to decide everything. */
  readonly judges: readonly SeatedJudge[];
}

/** An answer with what it is judged by. */
export interface AnswerToJudge {
  readonly row: PromptRow;
  readonly sampleIndex: number;
  readonly text: string;
}

/** Decides an item by code. */
export type DecideByCode = (item: Item & Required<Pick<Item, 'verifier'>>, text: string) => Promise<Verdict>;

/** More than any `attempts`, so that a changed `attempts` leaves the seeds of the first tries as they are. */
const ATTEMPT_STRIDE = 8;

/** A verdict for each item of an answer's checklist, in order: by code, by the panel, or by both. */
export async function judgeAnswer(
  calls: JudgeCalls,
  panel: JudgePanel,
  answer: AnswerToJudge,
  decideByCode: DecideByCode,
): Promise<readonly Verdict[]> {
  const { checklist } = answer.row;
  const byCode_I = await settleAll(checklist.map((item) => codeVerdict(panel, item, answer.text, decideByCode)));
  const questions = checklist.filter((item) => needsJudge(panel, item)).map(({ question }) => question);
  const byPanel = await askPanel(calls, panel, answer, [...new Set(questions)]);
  return checklist.map(({ question }, index) => {
    const byCode = byCode_I[index];
    const judged = byPanel.get(question);
    if (byCode !== undefined && judged !== undefined) return averageWithCode(byCode, judged);
    const verdict = byCode ?? judged;
    if (verdict === undefined) throw new Error(`item ${index} of "${answer.row.promptId}" was decided by nobody`);
    return verdict;
  });
}

function usesVerifier({ config }: JudgePanel, item: Item): item is Item & Required<Pick<Item, 'verifier'>> {
  return item.verifier !== undefined && config.useVerifiers;
}

function needsJudge(panel: JudgePanel, item: Item): boolean {
  return !usesVerifier(panel, item) || panel.config.verifierMode === 'average';
}

async function codeVerdict(
  panel: JudgePanel,
  item: Item,
  text: string,
  decideByCode: DecideByCode,
): Promise<Verdict | undefined> {
  return usesVerifier(panel, item) ? decideByCode(item, text) : undefined;
}

async function askPanel(
  calls: JudgeCalls,
  panel: JudgePanel,
  answer: AnswerToJudge,
  questions: readonly string[],
): Promise<ReadonlyMap<string, Verdict>> {
  if (questions.length === 0) return new Map();
  if (panel.judges.length === 0) {
    throw new DataError(
      'data/invalid-row',
      `Prompt "${answer.row.promptId}" has an item that needs a judge, and the run has none.`,
    );
  }
  // Nobody needs to be asked: an empty answer meets nothing, as for the verifiers.
  if (answer.text.trim() === '') {
    return new Map(questions.map((question) => [question, { answer: 'no', by: 'code', reason: 'empty text' }]));
  }
  const verdicts_J = await settleAll(
    panel.judges.map((judge, seat) => askJudge(calls, panel, judge, seat, answer, questions)),
  );
  return new Map(
    questions.map((question, index) => [
      question,
      combineJudges(
        verdicts_J.flatMap((verdicts, seat) => {
          const verdict = verdicts[index];
          return verdict === undefined ? [] : [{ judge: panel.judges[seat]?.config.model ?? '', ...verdict }];
        }),
      ),
    ]),
  );
}

/** All questions to one judge: each by itself, or together where a call may hold several. */
async function askJudge(
  calls: JudgeCalls,
  { role, seed: runSeed }: JudgePanel,
  judge: SeatedJudge,
  seat: number,
  { row, sampleIndex, text }: AnswerToJudge,
  questions: readonly string[],
): Promise<readonly Verdict[]> {
  const { config } = judge;
  const judged = { instruction: renderInstruction(row.messages), answer: text };
  // Not the place of an item in its checklist: an item keeps its seeds when others come or go.
  const stageOf = (asked: readonly string[]) => `judge/${JSON.stringify([role, seat, sampleIndex, ...asked])}`;
  const orderSeed = ({ vote, attempt }: ReadingPlace) =>
    deriveSeed([runSeed, stageOf([]), row.promptId, vote, attempt, 'order']);
  const afterFirst = createPrefixGate();
  const ask: AskJudge = (asked, { vote, attempt }) => {
    const seed = callSeed({
      seed: runSeed,
      stage: stageOf(asked),
      round: 0,
      promptId: row.promptId,
      sampleIndex: vote * ATTEMPT_STRIDE + attempt,
    });
    const plan = planAsk(config, judge, judged, asked, attempt > 0);
    return afterFirst(() => askOnce(calls, judge, plan, { items: asked.length, seed }));
  };
  if (itemsPerCall(config) > 1) return decideItems(config, questions, ask, orderSeed);
  const verdicts = await settleAll(questions.map((question) => decideItems(config, [question], ask, orderSeed)));
  return verdicts.flat();
}

/** Lets the first call finish before the others start: it fills the prefix cache that serves them. */
function createPrefixGate(): <Answer>(call: () => Promise<Answer>) => Promise<Answer> {
  let first: Promise<unknown> | undefined;
  return async (call) => {
    if (first === undefined) {
      const answer = call();
      first = answer.catch(() => undefined);
      return answer;
    }
    await first;
    return call();
  };
}
