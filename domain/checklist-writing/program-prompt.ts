import { fillTemplate } from '../fill-template.ts';

/** What the writer of a verifier program sees; never an answer, so that the program cannot be made to fit one. */
export interface ProgramPromptFields {
  readonly instruction: string;
  readonly question: string;
}

/**
 * Fills the template for a verifier program, both texts quoted.
 *
 * @throws ConfigError `config/invalid` when the template has an unknown placeholder or lacks one
 */
export function renderProgramPrompt(template: string, { instruction, question }: ProgramPromptFields): string {
  return fillTemplate("The program writer's template", template, {
    instruction: { quoted: instruction },
    question: { quoted: question },
  });
}
