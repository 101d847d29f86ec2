import type { JudgeMethod } from '../../domain/judging/judge-method.ts';

/** A judge's method as the config's defaults have it; `changes` replace fields. */
export function makeJudgeMethod(changes: Partial<JudgeMethod> = {}): JudgeMethod {
  return {
    mode: 'item',
    verdict: 'line',
    maxTokens: 256,
    temperature: 0,
    retryTemperature: 0.7,
    topP: 1,
    attempts: 3,
    votes: 1,
    stopEarly: true,
    listItems: 4,
    probabilityBy: 'next-token',
    minLabelMass: 0.5,
    scoreSamples: 5,
    scoreThreshold: 50,
    ...changes,
  };
}
