import { checkInstruction, checkInstructionLoosely } from './check-instruction.ts';
import type { IfevalId, IfevalRow } from './ifeval-kind.ts';

/** How many of how many passed. */
export interface Share {
  readonly passed: number;
  readonly total: number;
  /** passed / total; `null` when there are none. */
  readonly rate: number | null;
}

/** Verdicts on one response, one for each instruction in order. */
export interface IfevalVerdicts {
  readonly key: number;
  readonly ids: readonly IfevalId[];
  readonly strict: readonly boolean[];
  readonly loose: readonly boolean[];
}

/** The four figures that IFEval reports, and the instruction figures for each kind. */
export interface IfevalScore {
  readonly promptStrict: Share;
  readonly instructionStrict: Share;
  readonly promptLoose: Share;
  readonly instructionLoose: Share;
  readonly kinds: Readonly<Record<string, { readonly strict: Share; readonly loose: Share }>>;
}

/** Decides every instruction of a row, strictly and loosely. */
export function judgeIfeval({ key, instructions }: IfevalRow, response: string): IfevalVerdicts {
  return {
    key,
    ids: instructions.map(({ id }) => id),
    strict: instructions.map((instruction) => checkInstruction(instruction, response)),
    loose: instructions.map((instruction) => checkInstructionLoosely(instruction, response)),
  };
}

/**
 * A prompt passes when all of its instructions do; instructions count one each.
 *
 * @source IFEval (arXiv 2311.07911) §4: prompt-level and instruction-level, strict and loose accuracy
 */
export function scoreIfeval(verdicts: readonly IfevalVerdicts[]): IfevalScore {
  const ids = [...new Set(verdicts.flatMap((verdict) => verdict.ids))].toSorted();
  const ofKind = (id: IfevalId, mode: 'strict' | 'loose') =>
    share(verdicts.flatMap((verdict) => verdict[mode].filter((_, index) => verdict.ids[index] === id)));
  return {
    promptStrict: share(verdicts.map(({ strict }) => strict.every(Boolean))),
    instructionStrict: share(verdicts.flatMap(({ strict }) => strict)),
    promptLoose: share(verdicts.map(({ loose }) => loose.every(Boolean))),
    instructionLoose: share(verdicts.flatMap(({ loose }) => loose)),
    kinds: Object.fromEntries(ids.map((id) => [id, { strict: ofKind(id, 'strict'), loose: ofKind(id, 'loose') }])),
  };
}

function share(passes: readonly boolean[]): Share {
  const passed = passes.filter(Boolean).length;
  return { passed, total: passes.length, rate: passes.length === 0 ? null : passed / passes.length };
}
