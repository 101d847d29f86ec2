import type { Verdict } from '../checklist.ts';
import { fillTemplate } from '../fill-template.ts';
import type { JudgeFields } from './item-mode.ts';
import { unparsed } from './unreadable.ts';

/** A candidate for the next token; its log-probability is natural. */
export interface TokenChance {
  readonly token: string;
  readonly logprob: number;
}

/** Probabilities of the two labels as the judge's next token, over the whole vocabulary. */
export interface LabelChances {
  readonly yes: number;
  readonly no: number;
}

/** The labels as the template spells them. */
export const LABELS = ['YES', 'NO'] as const;

/** As many of the likeliest tokens as vLLM and OpenAI give. */
export const TOP_LOGPROBS = 20;

/** Fills the template that asks for one word. */
export function renderProbabilityPrompt(template: string, { instruction, answer, question }: JudgeFields): string {
  return fillTemplate("The judge's probability template", template, {
    instruction: { quoted: instruction },
    answer: { quoted: answer },
    question: { quoted: question },
  });
}

/**
 * Adds up the tokens that begin exactly one label, in any case and with any space around: a tokenizer may spell YES as one
 * token, as " Yes", or as "Y" and "ES". Tokens beyond the reported ones are not in the sums, so they are lower bounds.
 */
export function sumLabelChances(top: readonly TokenChance[]): LabelChances {
  const sums = { yes: 0, no: 0 };
  for (const { token, logprob } of top) {
    const start = token.trim().toLowerCase();
    if (start === '') continue;
    const [label, ...others] = (['yes', 'no'] as const).filter((label) => label.startsWith(start));
    if (label !== undefined && others.length === 0) sums[label] += Math.exp(logprob);
  }
  return sums;
}

/**
 * The verdict of a probability read: P(yes) / (P(yes) + P(no)), unless both together are so unlikely that the judge was
 * about to say something else.
 *
 * @param minLabelMass smallest P(yes) + P(no) that counts, in [0, 1]
 */
export function judgeLabelChances({ yes, no }: LabelChances, minLabelMass: number): Verdict {
  const labelMass = yes + no;
  if (labelMass === 0 || labelMass < minLabelMass) {
    const reason = `YES and NO together have ${labelMass.toFixed(3)} of the next token's probability, less than ${minLabelMass}`;
    return { ...unparsed('low-label-mass', reason), labelMass };
  }
  const probability = yes / labelMass;
  const reason = `P(YES) = ${probability.toFixed(3)} at a label mass of ${labelMass.toFixed(3)}`;
  if (probability === 0.5) return { ...unparsed('tied', reason), probability, labelMass };
  return { answer: probability > 0.5 ? 'yes' : 'no', by: 'judge', reason, probability, labelMass };
}
