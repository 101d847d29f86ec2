import { ServiceError } from '@temporalio/client';
import { expect, it } from 'vitest';
import { outlastOutages } from '../../cli/outlast-outages.ts';

/** As the client raises it: a sentence of its own, and the gRPC error below. */
function serviceError(code: number): ServiceError {
  const cause = Object.assign(new Error(`gRPC ${code}`), { code, details: '', metadata: {} });
  return new ServiceError('Failed to get Workflow execution history', { cause });
}

function replies(...steps: readonly (string | Error)[]): () => Promise<string> {
  const left = [...steps];
  return async () => {
    const step = left.shift();
    if (step === undefined) throw new Error('asked more often than expected');
    if (typeof step === 'string') return step;
    throw step;
  };
}

it('asks until a server that was overloaded and gone answers, and says so once each way', async () => {
  const said: string[] = [];
  const ask = replies(serviceError(4), serviceError(14), serviceError(14), 'done');
  expect(await outlastOutages(ask, (line) => said.push(line), 1)).toBe('done');
  expect(said).toEqual([
    'The Temporal server does not answer; the run is not lost. Asking again until it does.',
    'The Temporal server answers again.',
  ]);
});

it('says nothing of a server that answers at once', async () => {
  const said: string[] = [];
  expect(await outlastOutages(replies('done'), (line) => said.push(line), 1)).toBe('done');
  expect(said).toEqual([]);
});

it.each([
  ['an unknown run', serviceError(5)],
  ['a refused key', serviceError(16)],
  ['a run that failed', new Error('the run failed')],
])('passes on %s', async (_what, error) => {
  await expect(outlastOutages(replies(error), () => undefined, 1)).rejects.toBe(error);
});
