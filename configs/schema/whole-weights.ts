import type { z } from 'zod';
import { panelOf, type JudgeConfig } from './judge.ts';

/** Weights that a training makes, as far as it says. */
interface TrainsWeights {
  readonly weights?: 'full' | undefined;
  readonly loraRank?: number | undefined;
  readonly loraAlpha?: number | undefined;
}

/** A config whose training may make whole weights. */
export interface WeightsChoices {
  readonly loop: string;
  readonly training?: TrainsWeights | null;
  readonly sft?: TrainsWeights;
  readonly online?: { readonly training: TrainsWeights | null };
}

/** True for a run that puts whole weights in place of those that the policy's server holds. */
export function trainsWhole({ training, sft, online }: WeightsChoices): boolean {
  return [training, sft, online?.training].some((made) => made?.weights === 'full');
}

interface Endpoint {
  readonly baseUrl: string;
  readonly model: string;
}

interface Judges {
  readonly policy: Endpoint;
  readonly judge?: JudgeConfig | undefined;
  readonly goldJudge?: JudgeConfig | undefined;
  readonly evaluation: { readonly wildbench?: { readonly judge: Endpoint } | undefined };
  readonly curation?: { readonly labeller: { readonly by: Endpoint | string } } | undefined;
  readonly bootstrap?: { readonly by: Endpoint | string } | undefined;
}

/**
 * Beside an adapter the base model stays what it is. Where whole weights replace it, a judge under its name would change
 * with the policy that it judges. Nor may BOLT's labeller or bootstrapper go by that name: "self" is the base model and is looked after
 * as such.
 */
export function checkJudgesApart(
  config: WeightsChoices & Judges,
  report: (path: readonly PropertyKey[], message: string) => void,
): void {
  if (!trainsWhole(config)) return;
  const { policy, judge, goldJudge, evaluation } = config;
  const judges: readonly (readonly [path: readonly PropertyKey[], endpoints: readonly Endpoint[]])[] = [
    [['judge'], judge === undefined ? [] : panelOf(judge)],
    [['goldJudge'], goldJudge === undefined ? [] : panelOf(goldJudge)],
    [['evaluation', 'wildbench', 'judge'], evaluation.wildbench === undefined ? [] : [evaluation.wildbench.judge]],
  ];
  for (const [path, endpoints] of judges) {
    if (!endpoints.some((endpoint) => isSame(endpoint, policy))) continue;
    report(path, `${describe(policy)}, so it would change with the policy that it judges: serve the judge elsewhere`);
  }
  const { curation, bootstrap } = config;
  for (const [path, by] of [
    [['curation', 'labeller', 'by'], curation?.labeller.by],
    [['bootstrap', 'by'], bootstrap?.by],
  ] as const) {
    if (by === undefined || typeof by === 'string' || !isSame(by, policy)) continue;
    report(
      path,
      `${describe(policy)}, so it would change with the policy: say self for the base model, or name another`,
    );
  }
}

function describe({ model, baseUrl }: Endpoint): string {
  return `is "${model}" of ${baseUrl}, whose weights this run replaces (weights: full)`;
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.model === b.model && placeOf(a) === placeOf(b);
}

/** Where a server is, however its address is written. */
export function placeOf({ baseUrl }: Pick<Endpoint, 'baseUrl'>): string {
  return new URL(baseUrl).href.replace(/\/+$/, '').replace(/\/v1$/, '').replace('//localhost', '//127.0.0.1');
}

/** Rounds go on from what fine-tuning made, so the two train the same kind of weights. */
export function checkStagesAgree(
  { stages, sft, online }: { readonly stages: readonly string[] } & Required<Pick<WeightsChoices, 'sft' | 'online'>>,
  context: z.RefinementCtx,
): void {
  const { training } = online;
  if (training === null) return;
  if (training.weights !== sft.weights) {
    context.addIssue({
      code: 'custom',
      path: ['online', 'training', 'weights'],
      message: `the rounds go on from what fine-tuning made, and sft.weights is ${sft.weights ?? 'lora'}: give both the same`,
    });
    return;
  }
  // A stage that is not run has no adapter, whatever the fields that nobody gave are by default.
  if (!stages.includes('sft') || !stages.includes('online')) return;
  for (const field of ['loraRank', 'loraAlpha'] as const) {
    if (training[field] === sft[field]) continue;
    context.addIssue({
      code: 'custom',
      path: ['online', 'training', field],
      message: `the rounds go on with the adapter that fine-tuning made, and sft.${field} is ${sft[field]}: give both the same`,
    });
  }
}
