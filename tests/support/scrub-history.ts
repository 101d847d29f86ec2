import { historyToJSON, type History } from '@temporalio/common/lib/proto-utils.js';

/** What is written in place of a text of the machine that a history was recorded on. */
export type Scrub = readonly (readonly [found: string, written: string])[];

/**
 * A history as a fixture: what it holds of the recording machine is replaced, within payloads too.
 * What a workflow decided is left as it was.
 */
export function scrubHistory(history: History, scrub: Scrub): string {
  const scrubText = (text: string): string =>
    scrub.reduce((left, [found, written]) => left.replaceAll(found, written), text);
  const clean = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) return value.map((one) => clean(one, key));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, clean(one, name)]));
    }
    if (typeof value !== 'string') return value;
    if (key === 'identity') return 'worker';
    return key === 'data' ? encode(scrubText(decode(value))) : scrubText(value);
  };
  return `${JSON.stringify(clean(JSON.parse(historyToJSON(history)), ''), null, 1)}\n`;
}

const decode = (data: string): string => Buffer.from(data, 'base64').toString('utf8');
const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
