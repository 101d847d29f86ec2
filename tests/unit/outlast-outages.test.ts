import { ServiceError } from '@temporalio/client';
import { expect, it } from 'vitest';
import { outlastOutages } from '../../cli/outlast-outages.ts';

/** As the client raises it: a sentence of its own, and the gRPC error below. */
function serviceError(code: number, words = `gRPC ${code}`): ServiceError {
  const cause = Object.assign(new Error(words), { code, details: '', metadata: {} });
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
  const ask = replies(serviceError(4), serviceError(14), serviceError(13, 'Received RST_STREAM with code 2'), 'done');
  expect(await outlastOutages(ask, { say: (line) => said.push(line), pauseMs: 1 })).toBe('done');
  expect(said).toEqual([
    'The Temporal server does not answer (gRPC 4); the run is not lost. Asking again until it does.',
    'The Temporal server answers again.',
  ]);
});

it('says nothing of a server that answers at once', async () => {
  const said: string[] = [];
  expect(await outlastOutages(replies('done'), { say: (line) => said.push(line), pauseMs: 1 })).toBe('done');
  expect(said).toEqual([]);
});

it.each([
  ['an unknown run', serviceError(5)],
  ['a fault of the server', serviceError(13)],
  ['a refused key', serviceError(16)],
  ['a run that failed', new Error('the run failed')],
])('passes on %s', async (_what, error) => {
  await expect(outlastOutages(replies(error), { say: () => undefined, pauseMs: 1 })).rejects.toBe(error);
});

it('gives up an outage that lasts longer than it may, with the words of the last error', async () => {
  const said: string[] = [];
  const cause = serviceError(14, '14 UNAVAILABLE: No connection established');
  const ask = async (): Promise<string> => {
    throw cause;
  };
  await expect(
    outlastOutages(ask, { say: (line) => said.push(line), pauseMs: 5, longestMs: 40 }),
  ).rejects.toMatchObject({
    code: 'stack/not-running',
    message: expect.stringContaining('(14 UNAVAILABLE: No connection established): the run is not lost') as string,
    cause,
  });
  expect(said).toHaveLength(1);
});

it('takes an error that comes long after its question for another outage', async () => {
  const said: string[] = [];
  let asked = 0;
  const ask = async (): Promise<string> => {
    asked += 1;
    if (asked === 3) return 'done';
    if (asked === 2) await new Promise((resolve) => setTimeout(resolve, 80));
    throw serviceError(14);
  };
  expect(await outlastOutages(ask, { say: (line) => said.push(line), pauseMs: 1, longestMs: 40 })).toBe('done');
  expect(said).toHaveLength(3);
});
