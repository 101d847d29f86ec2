// Locks what a run of Magpie refuses before its first call: a template that the server does not use, models that are not
// served, texts that do not fit.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureFrom } from '../support/activity-bench.ts';
import { startMagpieBench, type MagpieBench } from '../support/magpie-bench.ts';

let bench: MagpieBench;
beforeEach(async () => {
  bench = await startMagpieBench();
});
afterEach(() => bench.close());

describe('opening a run of Magpie', () => {
  it('refuses a template that is not the one the server uses, with the first token that differs', async () => {
    await writeFile(
      join(bench.modelPath, 'chat_template.jinja'),
      '{% for m in messages %}<|im_start|>{{ m.content }}{% endfor %}',
    );
    const failure = await failureFrom(bench.open());
    expect(failure.type).toBe('config/unusable');
    expect(failure.message).toMatch(/is not the one that http.* uses: .* token 2 is \d+ at the server and \d+ here/);
    expect(bench.bodiesTo('/v1/completions')).toEqual([]);
  });

  it('refuses to steer where the template has no system role', async () => {
    await writeFile(
      join(bench.modelPath, 'chat_template.jinja'),
      "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{{ m.content }}{% endfor %}",
    );
    await writeFile(join(bench.folder, 'math.md'), 'You like mathematics.');
    const failure = await failureFrom(bench.open({ steering: { math: { prompt: join(bench.folder, 'math.md') } } }));
    expect(failure.message).toContain('refuses a system message (System role not supported)');
  });

  it('asks every other model whether it is served, before a call is paid for', async () => {
    const other = { baseUrl: bench.server.baseUrl, model: 'missing' };
    const fields = {
      'replies.by': { replies: { by: other, maxTokens: 64 } },
      'quality.tags.by': { quality: { tags: { ask: ['quality' as const], by: other } } },
      'quality.tags.guard': { quality: { tags: { guard: other } } },
      'quality.neighbours.by': { quality: { neighbours: { by: other } } },
      'quality.rewards': { quality: { rewards: other } },
      'quality.rewards.base': { quality: { rewards: { ...other, model: 'scripted', base: other } } },
      'quality.preferences.by': { quality: { rewards: { ...other, model: 'scripted' }, preferences: { by: other } } },
      'quality.preferences.judge': { quality: { preferences: { judge: other } } },
    };
    for (const [field, changes] of Object.entries(fields)) {
      const failure = await failureFrom(bench.open(changes));
      expect(failure.type, field).toBe('model-server/unknown-model');
      expect(failure.message).toContain(`does not serve ${field}.model "missing"; it serves "scripted"`);
    }
    const gone = await failureFrom(
      bench.open({ quality: { rewards: { baseUrl: 'http://127.0.0.1:1', model: 'rm' } } }),
    );
    expect(gone.type).toBe('model-server/unavailable');
  });

  it('refuses queries and replies that do not fit into the context', async () => {
    const failure = await failureFrom(bench.open({ replies: { maxTokens: 2048 } }));
    expect(failure.type).toBe('model-server/context-too-small');
    expect(failure.message).toContain('a query of 64 and a reply of 2048 that is more');
  });

  it('refuses turns that do not fit into the context together, though each does', async () => {
    await writeFile(join(bench.folder, 'turns.md'), 'A talk of several rounds.');
    const turns = { count: 2, systemPrompt: join(bench.folder, 'turns.md') };
    const failure = await failureFrom(bench.open({ replies: { maxTokens: 1000 }, turns }));
    expect(failure.type).toBe('model-server/context-too-small');
    expect(failure.message).toContain('a query of 64 and a reply of 1000 in each of 2 turns');
  });
});
