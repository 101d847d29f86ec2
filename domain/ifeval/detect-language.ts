import { createRandom } from '../random.ts';
import { extractGrams, loadGramTable } from './language-grams.ts';

/** Trials whose probabilities are averaged. */
const TRIALS = 7;
const SMOOTHING = 0.5;
/** Standard deviation of the smoothing between trials. */
const SMOOTHING_WIDTH = 0.05;
const BASE_FREQUENCY = 10_000;
const ITERATION_LIMIT = 1000;
/** A trial ends when one language is this probable. */
const CONVERGED = 0.99999;
/** Below this no language is named. */
const LEAST_PROBABILITY = 0.1;

/** langdetect draws without a seed; one fixed seed gives the same verdict for the same text every time. */
const SEED = 20_231_114;

/**
 * The most probable of 55 languages (ISO 639-1, `zh-cn`, `zh-tw`), `unknown` when none is probable enough, `undefined` when
 * the text has no letters to go by. A port of Python's langdetect 1.0.9, which IFEval uses: same profiles, same procedure.
 * langdetect draws n-grams at random, so that two of its own runs may differ on short or mixed texts; so may this.
 *
 * @source langdetect `detector.py`, after language-detection by Nakatani Shuyo: naive Bayes over character n-grams
 */
export function detectLanguage(text: string): string | undefined {
  const { languages, frequencies } = loadGramTable();
  const grams = extractGrams(text);
  if (grams.length === 0) return undefined;
  const random = createRandom(SEED);
  const mean = languages.map(() => 0);
  for (let trial = 0; trial < TRIALS; trial += 1) {
    const probabilities = runTrial(grams, frequencies, languages.length, random);
    for (const [index, probability] of probabilities.entries()) mean[index] = (mean[index] ?? 0) + probability / TRIALS;
  }
  let best = 0;
  for (const [index, probability] of mean.entries()) if (probability > (mean[best] ?? 0)) best = index;
  return (mean[best] ?? 0) > LEAST_PROBABILITY ? languages[best] : 'unknown';
}

function runTrial(
  grams: readonly string[],
  frequencies: ReadonlyMap<string, Float64Array>,
  languageCount: number,
  random: () => number,
): Float64Array {
  const probabilities = new Float64Array(languageCount).fill(1 / languageCount);
  const weight = (SMOOTHING + drawNormal(random) * SMOOTHING_WIDTH) / BASE_FREQUENCY;
  for (let iteration = 0; ; iteration += 1) {
    const frequency = frequencies.get(grams[Math.floor(random() * grams.length)] as string) as Float64Array;
    for (let index = 0; index < languageCount; index += 1) {
      probabilities[index] = (probabilities[index] as number) * (weight + (frequency[index] as number));
    }
    if (iteration % 5 !== 0) continue;
    if (normalize(probabilities) > CONVERGED || iteration >= ITERATION_LIMIT) return probabilities;
  }
}

/** Scales to a sum of 1 in place; returns the largest. */
function normalize(probabilities: Float64Array): number {
  let sum = 0;
  for (const probability of probabilities) sum += probability;
  let largest = 0;
  for (let index = 0; index < probabilities.length; index += 1) {
    const scaled = (probabilities[index] as number) / sum;
    probabilities[index] = scaled;
    if (scaled > largest) largest = scaled;
  }
  return largest;
}

/** A draw from the standard normal distribution. @source Box and Muller 1958 */
function drawNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
