import type { JudgeOpinion, Verdict } from '../checklist.ts';
import { unparsed } from './unreadable.ts';
import { countAnswers, sumSecondCalls } from './votes.ts';

/**
 * The majority of several judges, with what each of them said; a judge without a verdict has no vote. A panel of one is
 * that judge.
 */
export function combineJudges(opinions: readonly JudgeOpinion[]): Verdict {
  const [first, ...others] = opinions;
  if (first === undefined) return unparsed('empty', 'no judge');
  if (others.length === 0) {
    const { judge: _judge, ...verdict } = first;
    return verdict;
  }
  const votes = countAnswers(opinions);
  const readable = opinions.filter(({ answer }) => answer !== 'unparsed');
  const probability = readable.length === 0 ? {} : { probability: meanProbability(readable) };
  const record = { ...probability, ...sumSecondCalls(opinions), votes, judges: opinions };
  if (votes.yes === votes.no) {
    const cause = readable.length === 0 && first.answer === 'unparsed' ? first.cause : 'tied';
    const reason = `${votes.yes} judges for yes, ${votes.no} for no, ${votes.unparsed} without a verdict`;
    return { ...unparsed(cause, reason), ...record };
  }
  const answer = votes.yes > votes.no ? 'yes' : 'no';
  const reason = readable.find((opinion) => opinion.answer === answer)?.reason ?? '';
  return { answer, by: 'judge', reason, ...record };
}

/** Mean of the judges' probabilities when all have one, otherwise the share that said yes. */
function meanProbability(readable: readonly JudgeOpinion[]): number {
  const soft = readable.map(({ probability }) => probability);
  const values = soft.includes(undefined) ? readable.map(({ answer }) => (answer === 'yes' ? 1 : 0)) : soft;
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0) / values.length;
}

/**
 * What code and a judge say together: the mean of both, and where that is exactly one half, what code says. A side without
 * a verdict leaves it to the other.
 *
 * @source RLCF (arXiv 2507.18624) §3.2: a verifier's 100 or 0 is averaged with the judge's score
 */
export function averageWithCode(code: Verdict, judge: Verdict): Verdict {
  if (code.answer === 'unparsed') return judge;
  if (judge.answer === 'unparsed') return code;
  const byCode = code.answer === 'yes' ? 1 : 0;
  const probability = (byCode + (judge.probability ?? (judge.answer === 'yes' ? 1 : 0))) / 2;
  const answer = probability === 0.5 ? code.answer : probability > 0.5 ? 'yes' : 'no';
  const reason = `code: ${code.reason}; judge: ${judge.reason}`;
  return { answer, by: 'code', reason, probability, ...sumSecondCalls([judge]) };
}
