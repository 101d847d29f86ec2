import { InvalidArgumentError, Option } from 'commander';
import type { BootstrapOptions } from '../../domain/bootstrap.ts';
import { DataError } from '../../domain/errors.ts';
import { CONFORMANCE_MODES, type ConformanceMode } from '../../domain/wildbench/mode.ts';
import type { Quirk } from '../../domain/wildbench/quirks.ts';
import type { Output } from '../output.ts';

/** Flags of every command that computes. */
export interface ModeFlags {
  readonly mode: ConformanceMode;
  readonly json?: boolean;
}

/** Flags of every command that draws intervals. */
export interface IntervalFlags {
  readonly resamples: number;
  readonly confidence: number;
  readonly seed: number;
}

/** `--mode`, the published rules by default. */
export function modeOption(): Option {
  return new Option('--mode <mode>', 'upstream: as the published numbers; strict: as one should')
    .choices(CONFORMANCE_MODES)
    .default('upstream');
}

/** Reads a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`it must be a whole number of at least ${least}.`);
  };
}

/** Reads a number above `least`. */
export function numberAbove(least: number, most = Number.POSITIVE_INFINITY): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value > least && value < most) return value;
    throw new InvalidArgumentError(
      `it must be a number above ${least}${most === Infinity ? '' : ` and below ${most}`}.`,
    );
  };
}

/** Collects an option that may be repeated. */
export function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

/** How to draw intervals; `null` when none are wanted. */
export function bootstrapOptions({ resamples, confidence, seed }: IntervalFlags): BootstrapOptions | null {
  return resamples === 0 ? null : { resamples, confidence, seed };
}

/** The other mode's result; `null` where that mode refuses the data. */
export function tryMode<T>(compute: () => T): T | null {
  try {
    return compute();
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}

/** `a - b`, or `null` where one is missing. */
export function differenceOf(a: number | null | undefined, b: number | null | undefined): number | null {
  return a === null || a === undefined || b === null || b === undefined ? null : a - b;
}

/** Says what the modes do differently. */
export function printQuirks(quirks: readonly Quirk[], output: Output): void {
  for (const { name, upstream, strict } of quirks) output.line(`  ${name}: upstream, ${upstream}; strict, ${strict}`);
}

/** A map as an object for JSON. */
export function toObject<V>(map: ReadonlyMap<string, V>): Readonly<Record<string, V>> {
  return Object.fromEntries(map);
}

/** A map's values, changed. */
export function mapValues<K, A, B>(map: ReadonlyMap<K, A>, change: (value: A) => B): Map<K, B> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
