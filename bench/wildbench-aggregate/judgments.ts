import { createRandom } from '../../domain/random.ts';

/** Tags of upstream's tasks, one for each of its groups. */
const TAGS = ['Creative Writing', 'Planning', 'Math', 'Information seeking', 'Coding & Debugging'] as const;

/** One model's judgments and the tags of their tasks, as JSONL. */
export interface JudgmentFiles {
  readonly judgments: string;
  readonly tags: string;
}

/** Makes so many judgments of answers, the same ones for the same seed: one in 50 unreadable, one in 50 of an empty answer. */
export function makeJudgments(count: number, seed: number): JudgmentFiles {
  const random = createRandom(seed);
  const draw = (below: number): number => Math.floor(random() * below);
  const judgments: string[] = [];
  const tags: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const session_id = `task-${String(index).padStart(6, '0')}`;
    const isEmpty = draw(50) === 0;
    const score = draw(50) === 0 ? null : String(1 + draw(10));
    judgments.push(
      JSON.stringify({
        session_id,
        score,
        n_chars: isEmpty ? 0 : 200 + draw(4000),
        truncated: draw(200) === 0,
        strengths: 'It answers what was asked, and keeps to the form that was asked for. '.repeat(1 + draw(3)),
        weaknesses: 'It could be shorter, and one of its examples does not fit. '.repeat(1 + draw(3)),
      }),
    );
    const primary_tag = TAGS[draw(TAGS.length)];
    tags.push(JSON.stringify({ session_id, primary_tag, secondary_tags: [TAGS[draw(TAGS.length)]] }));
  }
  return { judgments: `${judgments.join('\n')}\n`, tags: `${tags.join('\n')}\n` };
}
