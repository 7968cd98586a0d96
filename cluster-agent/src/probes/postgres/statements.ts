/** Cumulative counters of one statement, from pg_stat_statements. Times in seconds. */
export interface StatementCounters {
  readonly id: string;
  readonly db: string;
  readonly user: string;
  readonly query: string;
  readonly calls: number;
  readonly time: number;
  readonly ioTime: number;
}

/** What one statement did between two rounds. */
export interface StatementDelta {
  readonly db: string;
  readonly user: string;
  readonly query: string;
  readonly calls: number;
  readonly time: number;
  readonly ioTime: number;
}

/** A statement that still runs: it has no counters yet, but it is what users wait for. */
export interface RunningStatement {
  /** seconds since it started */
  readonly age: number;
}

/**
 * Differences per statement. A counter that fell (statistics reset, entry evicted and back) counts from zero.
 * Statements not seen before count in full only when `previous` is not empty.
 */
export function statementDeltas(
  previous: ReadonlyMap<string, StatementCounters>,
  current: readonly StatementCounters[],
): StatementDelta[] {
  if (previous.size === 0) return [];
  const deltas: StatementDelta[] = [];
  for (const now of current) {
    const before = previous.get(now.id);
    const reset = before === undefined || now.calls < before.calls;
    const calls = reset ? now.calls : now.calls - before.calls;
    if (calls === 0) continue;
    const time = reset ? now.time : Math.max(0, now.time - before.time);
    const ioTime = reset ? now.ioTime : Math.max(0, now.ioTime - before.ioTime);
    deltas.push({ db: now.db, user: now.user, query: now.query, calls, time, ioTime });
  }
  return deltas;
}

export interface LatencySummary {
  readonly avg: number;
  readonly max: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * Latency in seconds over all calls of an interval: each statement's average weighs as often as it was
 * called, each running statement once with its age. Undefined when nothing ran.
 */
export function latencySummary(
  deltas: readonly StatementDelta[],
  running: readonly RunningStatement[],
): LatencySummary | undefined {
  const points = [
    ...deltas.map((delta) => ({ value: delta.time / delta.calls, weight: delta.calls })),
    ...running.map((one) => ({ value: one.age, weight: 1 })),
  ].sort((a, b) => a.value - b.value);
  const weight = points.reduce((sum, point) => sum + point.weight, 0);
  const last = points.at(-1);
  if (last === undefined || weight === 0) return undefined;
  const quantile = (share: number): number => {
    let seen = 0;
    for (const point of points) {
      seen += point.weight;
      if (seen >= share * weight) return point.value;
    }
    return last.value;
  };
  const avg = points.reduce((sum, point) => sum + point.value * point.weight, 0) / weight;
  return { avg, max: last.value, p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) };
}
