import type { Health } from '@gumshoe/model/entities';

/** Worst first. */
export const HEALTH_ORDER: Readonly<Record<Health, number>> = { critical: 0, warning: 1, unknown: 2, ok: 3 };
