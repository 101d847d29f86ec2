/** An answer as it counts for "the same": spacing set aside. Case stays: to have changed it may be the whole point. */
export function normalizeAnswer(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}
