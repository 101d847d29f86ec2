import type { FinishReason } from '../completion.ts';
import type { ChatMessage } from '../prompt.ts';

/**
 * One synthesized conversation on its way through a run. Each stage writes the rows of its shard anew, with more of the
 * fields filled in; the last stage's rows are the dataset.
 */
export interface SynthesisRow {
  /** Hash of what the row was made from (model, prompt, sampling, seed), so that a retry names it alike. */
  readonly rowId: string;
  /** From the first user turn on: user and assistant in turns. Ends with the user's until it is answered. */
  readonly messages: readonly ChatMessage[];
  readonly origin: RowOrigin;
  /** How the last reply ended, where it was drawn; a reply that was cut off is not trained on. */
  readonly replyFinish?: FinishReason;
  /** `null` where a tag could not be read; absent where it was not asked for. */
  readonly tags?: RowTags;
  readonly neighbour?: NearestNeighbour;
  readonly rewards?: RowRewards;
  /** Why the row goes no further; absent on rows that do. */
  readonly dropped?: DroppedRow;
}

/** How a row came to be. */
export type RowOrigin = MagpieOrigin | SkillmixOrigin;

interface SampledOrigin {
  readonly queryModel: string;
  /** Absent until it is answered. */
  readonly replyModel?: string;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
}

export interface MagpieOrigin extends SampledOrigin {
  readonly method: 'magpie';
  /** Share of the likeliest token below which tokens were not drawn; absent where none was left out. */
  readonly minP?: number;
  /** Everything before the user's text, as it was sent: the only provenance of a query. */
  readonly preQuery: string;
  /** Key of the system prompt that steered the query; absent where none did. It is not part of the conversation. */
  readonly steeredBy?: string;
  /** The query as it was drawn, where a sanitiser changed it. */
  readonly rawQuery?: string;
}

export interface SkillmixOrigin extends SampledOrigin {
  readonly method: 'skillmix';
  readonly skills: readonly string[];
  readonly queryType: string;
  /** Whether the answer was left as good as it got, or was replaced for an ablation. */
  readonly quality: 'clean' | 'brevity' | 'junk';
  /** Hash of the prompt templates behind it. */
  readonly templates: string;
}

export const INPUT_QUALITIES = ['very poor', 'poor', 'average', 'good', 'excellent'] as const;
export type InputQuality = (typeof INPUT_QUALITIES)[number];

export const DIFFICULTIES = ['very easy', 'easy', 'medium', 'hard', 'very hard'] as const;
export type Difficulty = (typeof DIFFICULTIES)[number];

/** What a judge or a detector said of the first query. @source Magpie (arXiv 2406.08464) §2.2, appendix C */
export interface RowTags {
  readonly category?: string | null;
  readonly otherCategories?: readonly string[] | null;
  readonly quality?: InputQuality | null;
  readonly qualityExplanation?: string | null;
  readonly difficulty?: Difficulty | null;
  readonly intent?: string | null;
  readonly knowledge?: string | null;
  /** Verdict and categories of a guard model, kept apart. */
  readonly safety?: { readonly verdict: 'safe' | 'unsafe'; readonly categories: readonly string[] } | null;
  /** ISO 639-1. */
  readonly language?: string | null;
}

/** The closest other query of the run that came before. */
export interface NearestNeighbour {
  /** Cosine distance in [0, 2]; `null` for the first query. */
  readonly minDistance: number | null;
  readonly rowId: string | null;
  /** Earlier queries within the repeat threshold. */
  readonly repeatCount: number;
}

/** What reward models said of the conversation. */
export interface RowRewards {
  readonly rewardModel: string;
  readonly reward: number | null;
  /** The reward of a base model's reply to the same query. */
  readonly baseReward?: number | null;
  /** reward - baseReward. */
  readonly rewardDifference?: number | null;
}

export interface DroppedRow {
  /** The stage or filter that dropped it. */
  readonly by: string;
  /** Counted under this name. */
  readonly reason: string;
}
