import type { ServerMetrics } from '../model-server.ts';

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{.*\})?\s+(\S+)(?:\s+-?\d+)?\s*$/;

function collectSamples(text: string): ReadonlyMap<string, readonly number[]> {
  const samples = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    const [, name, value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || value === undefined || !Number.isFinite(Number(value))) continue;
    const values = samples.get(name);
    if (values === undefined) samples.set(name, [Number(value)]);
    else values.push(Number(value));
  }
  return samples;
}

/** Reads vLLM's gauges and counters out of Prometheus text, over all label sets (engines, models). */
export function parseMetrics(text: string): ServerMetrics {
  const samples = collectSamples(text);
  const sum = (name: string): number | undefined => samples.get(name)?.reduce((total, value) => total + value, 0);
  const usages = samples.get('vllm:kv_cache_usage_perc');
  return {
    requestsRunning: sum('vllm:num_requests_running'),
    requestsWaiting: sum('vllm:num_requests_waiting'),
    // A share of each engine's cache: a sum over engines could pass 1.
    kvCacheUsage: usages && usages.reduce((total, value) => total + value, 0) / usages.length,
    promptTokensTotal: sum('vllm:prompt_tokens_total'),
    generationTokensTotal: sum('vllm:generation_tokens_total'),
    prefixCacheQueriesTotal: sum('vllm:prefix_cache_queries_total'),
    prefixCacheHitsTotal: sum('vllm:prefix_cache_hits_total'),
  };
}
