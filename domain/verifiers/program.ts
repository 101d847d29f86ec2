/**
 * A decision by a program that a model wrote: JavaScript source that defines `function verify(text)` and returns true or
 * false. Runs in a sandbox only.
 *
 * @source RLCF (arXiv 2507.18624) §3: the writer gives a program where the item can be checked exactly
 */
export interface ProgramVerifier {
  readonly kind: 'program';
  readonly args: { readonly source: string };
}
