import type { JsonValue } from '../domain/canonical-json.ts';
import { resolvePresetChoices } from '../domain/synthesis/query-presets.ts';
import type { JudgeConfig } from './schema/judge.ts';
import type { ConfigOf, RunConfig } from './schema/run-config.ts';
import { qualityOf, type SynthesisQuality } from './schema/synthesis-quality.ts';

/**
 * What makes two configs the same run: all that changes results. Left out are how many rounds to go (a run can be
 * continued), where things are served, and how much is done at once.
 */
export function runIdentity(config: RunConfig): JsonValue {
  const { store: _store, temporal: _temporal, ...kept } = config;
  const { rounds: _rounds, ...rest } = { rounds: null, ...kept };
  const { inFlight: _inFlight, ...shards } = config.shards;
  const quality = qualityOf(config);
  return JSON.parse(
    JSON.stringify({
      ...rest,
      shards,
      policy: withoutPlace(config.policy),
      ...('judge' in config && config.judge !== undefined ? { judge: judgeIdentity(config.judge) } : {}),
      ...('goldJudge' in config && config.goldJudge !== undefined
        ? { goldJudge: judgeIdentity(config.goldJudge) }
        : {}),
      ...(config.loop === 'bolt' ? boltIdentity(config) : {}),
      ...(config.loop === 'bolt' || config.loop === 'online-dpo' ? { evaluation: evaluationIdentity(config) } : {}),
      ...(config.loop === 'magpie' ? magpieIdentity(config) : {}),
      ...(quality === undefined ? {} : { quality: qualityIdentity(quality) }),
      ...(config.loop === 'wildbench'
        ? { policies: mapWithoutPlace(config.policies), judges: mapWithoutPlace(config.judges) }
        : {}),
      ...(config.loop === 'skillmix' ? skillmixIdentity(config) : {}),
    }),
  ) as JsonValue;
}

const OPERATIONAL =
  /^config\.((online\.)?(limits|publish)(\..*)?|(online\.)?selection\.whenEmpty|((online\.)?training|sft)\.(command|device|saveSteps|microBatchSize)(\..*)?)$/;

/**
 * True for a field of an identity that says how a run is kept going, not what it learns: what is to be done where a round has
 * nothing to train on, a probe is refused, too much fails or memory does not do. A run that was stopped by one goes on with
 * another.
 */
export function isOperational(field: string): boolean {
  return OPERATIONAL.test(field);
}

/** A run may go on to further stages and rounds. */
function boltIdentity({ online, curation, bootstrap }: ConfigOf<'bolt'>) {
  const { rounds: _rounds, ...rest } = online;
  const who = <Named>(by: Named) => (typeof by === 'object' && by !== null ? withoutPlace(by) : by);
  return {
    stages: null,
    online: rest,
    bootstrap: { ...bootstrap, by: who(bootstrap.by), scorer: who(bootstrap.scorer) },
    ...(curation === undefined
      ? {}
      : { curation: { ...curation, labeller: { ...curation.labeller, by: who(curation.labeller.by) } } }),
  };
}

function skillmixIdentity({ teacher, inventory, generation: { gate, ...generation } }: ConfigOf<'skillmix'>) {
  const who = <Named>(by: Named) => (typeof by === 'object' && by !== null ? withoutPlace(by) : by);
  return {
    teacher: who(teacher),
    inventory:
      inventory.source === 'run'
        ? inventory
        : { ...inventory, merge: { ...inventory.merge, by: who(inventory.merge.by) } },
    generation: gate === undefined ? generation : { ...generation, gate: { ...gate, judge: who(gate.judge) } },
  };
}

/** What a preset says stands for itself, whether the config repeats it or not. */
function magpieIdentity(config: ConfigOf<'magpie'>) {
  const { replies, screening } = config;
  const { replyTemperature: temperature, rejectMarkdown } = resolvePresetChoices(config);
  const by = typeof replies.by === 'object' ? withoutPlace(replies.by) : replies.by;
  return { replies: { ...replies, temperature, by }, screening: { ...screening, rejectMarkdown } };
}

function evaluationIdentity({ evaluation }: ConfigOf<'bolt' | 'online-dpo'>) {
  const { wildbench, ...rest } = evaluation;
  return wildbench === undefined
    ? rest
    : { ...rest, wildbench: { ...wildbench, judge: withoutPlace(wildbench.judge) } };
}

/** Who tags, guards, embeds, scores and replies counts, and not where. */
export function qualityIdentity({ tags, neighbours, rewards, preferences, filters }: SynthesisQuality) {
  const who = <Named>(by: Named) => (typeof by === 'object' && by !== null ? withoutPlace(by) : by);
  const { index, ...compared } = neighbours;
  return {
    filters,
    tags: { ...tags, by: who(tags.by), guard: who(tags.guard) },
    // The default is left out, so that a run whose config was recorded without the field stays the same run.
    neighbours: { ...compared, by: who(neighbours.by), ...(index === 'exact' ? {} : { index }) },
    ...(rewards === undefined ? {} : { rewards: { ...withoutPlace(rewards), base: who(rewards.base) } }),
    ...(preferences === undefined
      ? {}
      : {
          preferences: {
            ...preferences,
            by: who(preferences.by),
            ...(preferences.judge === undefined ? {} : { judge: judgeIdentity(preferences.judge) }),
          },
        }),
  };
}

/** What of a judge changes its verdicts. */
export function judgeIdentity({ panel, ...judge }: JudgeConfig) {
  return { ...withoutPlace(judge), panel: panel.map(withoutPlace) };
}

function mapWithoutPlace(endpoints: Readonly<Record<string, object>>) {
  return Object.fromEntries(Object.entries(endpoints).map(([name, endpoint]) => [name, withoutPlace(endpoint)]));
}

function withoutPlace<Endpoint extends object>(endpoint: Endpoint): Partial<Endpoint> {
  const place = new Set(['baseUrl', 'apiKeyEnv', 'timeoutMs', 'callsInFlight']);
  return Object.fromEntries(Object.entries(endpoint).filter(([name]) => !place.has(name))) as Partial<Endpoint>;
}
