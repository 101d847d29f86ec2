import { stripBlanks } from './code-points.ts';

/** Takes the tokens that end a text out of an answer. @source WildBench repository, src/unified_infer.py: cleaning of outputs */
export function cleanAnswer(text: string): string {
  return stripBlanks(text.replace(/<\|endoftext\|>|<\/s>|<pad>|<end_of_turn>/g, ' '));
}
