import type { LabelledInventory } from '../../configs/schema/skill-inventory.ts';
import { fillTemplate } from '../../domain/fill-template.ts';
import { parseGroups } from '../../domain/skillmix/group-labels.ts';
import { isStable, partsOfRound, regroup, type Grouping, type GroupRound } from '../../domain/skillmix/group-rounds.ts';
import { askList, inLane, type ListCalls } from './ask-list.ts';

/**
 * Lets the teacher group labels that mean the same, and then the groups, until a round joins none or the rounds are used up.
 *
 * @source Instruct-SkillMix (arXiv 2408.14774) after Didolkar et al. (arXiv 2405.12205): labels are grouped into coarser
 *   skills; the size of a call and the rounds are ours
 */
export async function groupLabels(
  calls: ListCalls,
  template: string,
  labels: readonly string[],
  { groupLabels: size, groupRounds }: LabelledInventory,
): Promise<Grouping> {
  let groups: ReadonlyMap<string, string> = new Map(labels.map((label) => [label, label]));
  const rounds: GroupRound[] = [];
  if (size === 0 || labels.length === 0) return { groups, rounds };
  for (let round = 0; round < groupRounds && isStable(rounds) !== true; round += 1) {
    const names = [...new Set(groups.values())];
    const parts = partsOfRound(names, size, { seed: calls.seed, round });
    calls.plan(parts.length);
    const found_P = await inLane(calls, parts, (part) => askGroups(calls, template, part, round));
    const found = new Map(found_P.flatMap((part): [string, string][] => [...(part ?? [])]));
    groups = regroup(groups, found, round);
    rounds.push({
      names: names.length,
      parts: parts.length,
      unread: found_P.filter((part) => part === null).length,
      groups: new Set(groups.values()).size,
    });
  }
  return { groups, rounds };
}

function askGroups(calls: ListCalls, template: string, part: readonly string[], round: number) {
  const content = fillTemplate('The template prompts/skillmix-group.md', template, {
    labels: { plain: part.join('\n') },
  });
  // A later round may ask for the same names again, and has to get another reply.
  const subject = `${round === 0 ? '' : `round-${round + 1}: `}${part.join(',')}`;
  const read = (reply: string) => parseGroups(reply, part);
  return askList(calls, { step: 'group', subject, content, read, size: (found) => found.size });
}
