import { stripThoughts } from '../judging/strip-thoughts.ts';
import { isName, normaliseName } from './skill-name.ts';

/**
 * Reads groups of labels from a reply, `name: label, label` a line.
 *
 * @returns the group's name by label, for those of the given labels that are in a group; the first group of a label counts
 */
export function parseGroups(reply: string, labels: readonly string[]): ReadonlyMap<string, string> {
  const known = new Set(labels);
  const groups = new Map<string, string>();
  for (const line of stripThoughts(reply).split(/\r?\n/)) {
    const [, head = '', members = ''] = /^(?:(?:[-*•]|\d{1,3}[.)])\s*)?([^:]{1,100}):(.+)$/.exec(line.trim()) ?? [];
    const name = normaliseName(head);
    if (!isName(name)) continue;
    for (const member of members.split(/[,;]/)) {
      const label = normaliseName(member);
      if (known.has(label) && !groups.has(label)) groups.set(label, name);
    }
  }
  return groups;
}
