import { formatCount, formatNumber } from '../../format-number.ts';
import { isStable, type GroupRound } from '../../skillmix/group-rounds.ts';
import type { SkillmixReport } from './skillmix-report.ts';

/** What the terminal says beside the rows: coverage, lengths, what refinement changed. */
export function skillmixLines({ measures, inventory }: SkillmixReport): readonly string[] {
  const { rows, skillsUsed, combinations, instructionWords, responseWords, namingSkill, refined } = measures;
  if (rows === 0) return [];
  const percent = (share: number | null) => (share === null ? 'none' : `${formatNumber(share * 100, 0)} %`);
  return [
    ...groupingLine(inventory.counts?.groupRounds ?? []),
    `skills in rows ${formatCount(skillsUsed)} of ${formatCount(inventory.skills)}, ${formatCount(combinations)} combinations`,
    `words ${formatNumber(instructionWords?.mean ?? null, 1)} a message, ${formatNumber(responseWords?.mean ?? null, 1)} an answer; ${formatCount(namingSkill)} of ${formatCount(rows)} messages name a skill`,
    ...(refined.pairs === 0
      ? []
      : [
          `refinement changed ${percent(refined.instruction)} of the words of messages and ${percent(refined.response)} of answers; ${formatCount(refined.unchanged)} of ${formatCount(refined.pairs)} pairs stayed as they were`,
        ]),
  ];
}

function groupingLine(rounds: readonly GroupRound[]): readonly string[] {
  const [first] = rounds;
  const last = rounds.at(-1);
  if (first === undefined || last === undefined) return [];
  const state = isStable(rounds) === true ? 'stable' : 'not stable: groups that mean the same may be left';
  return [
    `labels ${formatCount(first.names)} in ${formatCount(last.groups)} groups after ${formatCount(rounds.length)} round(s), ${state}`,
  ];
}
