import type { RoundAnswer } from '../domain/gates/decide-round.ts';
import { answerUpdate } from '../workflows/approvals.ts';
import { readChain } from './collect-progress.ts';
import type { Output } from './output.ts';
import type { PlaceFlags } from './place-command.ts';
import { runState } from './run-state.ts';
import { describeRun, withClient } from './runs.ts';
import { stripControls } from './terminal-text.ts';

const CONSEQUENCES: Readonly<Record<RoundAnswer, string>> = {
  approve: 'the next round builds on it',
  reject: 'the run goes back to its best version',
};

/** Answers for the round that a run waits with, and shows the numbers that the answer is about; returns the exit code. */
export async function answerRun(
  answer: RoundAnswer,
  runName: string,
  options: PlaceFlags,
  output: Output,
): Promise<number> {
  return withClient(options, async (client) => {
    const { status } = await describeRun(client, runName);
    const chain = status.name === 'RUNNING' ? await readChain(client, runName) : [];
    const waiting = chain.find(({ progress }) => progress.awaits !== null);
    const awaits = waiting?.progress.awaits ?? null;
    if (waiting === undefined || awaits === null) {
      const state = await runState(client, runName, status.name);
      output.error(`Run ${runName} waits for no answer (${state}): nothing to ${answer}.`);
      return 1;
    }
    for (const line of awaits.lines) output.line(stripControls(line));
    const round = await client.workflow.getHandle(waiting.workflowId).executeUpdate(answerUpdate, { args: [answer] });
    output.line(`Round ${round} of run ${runName}: ${answer} was sent, ${CONSEQUENCES[answer]}.`);
    output.object({ runName, round, answer, lines: awaits.lines });
    return 0;
  });
}
