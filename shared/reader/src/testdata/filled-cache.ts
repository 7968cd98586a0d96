/** What cache-filler.ts fills a cache with, for whoever checks it. */
export const FILLED_FROM = Date.UTC(2026, 2, 1);
export const FILLED_METRICS = ['container_a_total', 'container_b', 'container_c'];
export const FILLED_SOURCE = { series: 12, step: 15_000 } as const;
