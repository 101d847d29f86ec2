/** What a chain of thought has to show somewhere. @source BOLT (arXiv 2502.03860) §3.1.1 and §4.2 */
export const THOUGHT_ACTIONS = ['analysis', 'planning', 'branching', 'reflection', 'verification'] as const;

export type ThoughtAction = (typeof THOUGHT_ACTIONS)[number];

/** A place where an action is taken; the quote stands word for word in the thoughts. */
export interface LabelledAction {
  readonly kind: ThoughtAction;
  readonly quote: string;
}

/** One complete worked example: a query, the thoughts on it and the solution that a user sees. */
export interface BoltExample {
  readonly exampleId: string;
  readonly topic: string;
  readonly query: string;
  readonly thoughts: string;
  readonly solution: string;
  readonly actions: readonly LabelledAction[];
}
