import { checkInstruction, checkInstructionLoosely } from '../ifeval/check-instruction.ts';
import type { IfevalArgs, VerifierFinding } from './verifier.ts';

/** Whether a text follows one of IFEval's instructions. */
export function verifyIfeval(text: string, { loose = false, ...instruction }: IfevalArgs): VerifierFinding {
  const pass = loose ? checkInstructionLoosely(instruction, text) : checkInstruction(instruction, text);
  return { pass, reason: `${instruction.id} is ${pass ? '' : 'not '}followed${loose ? ', read loosely' : ''}` };
}
