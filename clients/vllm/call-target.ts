/** Where a call goes, as error messages name it, and the secret that they must not. */
export interface CallTarget {
  /** `host:port`. */
  readonly host: string;
  readonly path: string;
  readonly apiKey: string | undefined;
}
