import { SFT_ROUND } from '../../bolt/online-config.ts';

/** What a policy version is called: the base, the tuned one, or that of an online round. */
export function versionName(round: number): string {
  if (round === 0) return 'base';
  return round === SFT_ROUND ? 'SFT' : `online ${round - SFT_ROUND}`;
}
