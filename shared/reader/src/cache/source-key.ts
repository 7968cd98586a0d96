import { createHash } from 'node:crypto';
import type { SingleConnection } from '@gumshoe/engine/ports';

/**
 * Tells the metrics of one connection from those of others. A connection holds references to secrets and never
 * secrets, and of the references too only a hash is kept. Undefined for a source that needs no cache.
 */
export function sourceKey(spec: SingleConnection): string | undefined {
  if (spec.kind === 'snapshot') return undefined;
  return createHash('sha256').update(canonical(spec)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([name, field]) => field !== undefined && !/^(clickhouse|collector)/.test(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join()}}`;
}
