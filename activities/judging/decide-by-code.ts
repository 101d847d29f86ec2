import type { VerifierSandbox } from '../../clients/verifier-sandbox.ts';
import type { Verdict } from '../../domain/checklist.ts';
import { verify } from '../../domain/verifiers/verify.ts';
import type { DecideByCode } from './judge-answer.ts';

/** Decides an item by its verifier; one that breaks gives no verdict, which is not a no. */
export function createDecideByCode(sandbox: VerifierSandbox): DecideByCode {
  return async ({ verifier }, text) => {
    if (verifier.kind === 'program') {
      const finding = await sandbox.run(verifier.args.source, text);
      return finding.ok
        ? { answer: finding.pass ? 'yes' : 'no', by: 'code', reason: 'decided by a verifier program' }
        : verifierFailed(`the program: ${finding.cause}: ${finding.message}`);
    }
    try {
      const { pass, reason } = verify(verifier, text);
      return { answer: pass ? 'yes' : 'no', by: 'code', reason };
    } catch (error) {
      return verifierFailed((error as Error).message);
    }
  };
}

function verifierFailed(reason: string): Verdict {
  return { answer: 'unparsed', by: 'code', cause: 'verifier-failed', reason };
}
