/** A set-up step cannot go on; the message says what was found and what to do. */
export class SetupError extends Error {}
