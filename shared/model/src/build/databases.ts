import type { Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import type { Column, PostgresTarget, RedisTarget } from '../world.ts';
import type { BuildContext } from './context.ts';
import { compareText } from './dependencies.ts';
import { addInto, maxInto } from './resample.ts';

/** Series of one probed address, by metric name. */
type Target = ReadonlyMap<string, readonly Series[]>;

function targetsOf(context: BuildContext, prefix: string): readonly (readonly [string, Target])[] {
  const targets = new Map<string, Map<string, Series[]>>();
  for (const [name, group] of context.groups) {
    if (!name.startsWith(prefix)) continue;
    for (const series of group) {
      const address = series.labels.address ?? '';
      let target = targets.get(address);
      if (target === undefined) targets.set(address, (target = new Map()));
      const list = target.get(name);
      if (list) list.push(series);
      else target.set(name, [series]);
    }
  }
  return [...targets].sort(([a], [b]) => compareText(a, b));
}

class TargetReader {
  readonly #context: BuildContext;
  readonly #target: Target;
  constructor(context: BuildContext, target: Target) {
    this.#context = context;
    this.#target = target;
  }

  series(metric: { readonly name: string }): readonly Series[] {
    return this.#target.get(metric.name) ?? [];
  }

  sum(metric: { readonly name: string }): Column {
    const out = this.#context.resampler.column();
    for (const series of this.series(metric)) addInto(out, this.#context.gauge(series));
    return out;
  }

  /** Columns by the value of a label, in label order. */
  by(metric: { readonly name: string }, label: string, kind: 'gauge' | 'counter'): Map<string, Column> {
    const out = new Map<string, Column>();
    for (const series of this.series(metric)) {
      const key = series.labels[label] ?? '';
      let column = out.get(key);
      if (column === undefined) out.set(key, (column = this.#context.resampler.column()));
      if (kind === 'gauge') maxInto(column, this.#context.resampler.highest(series, this.#context.staleness));
      else addInto(column, this.#context.counterRate(series));
    }
    return new Map([...out].sort(([a], [b]) => compareText(a, b)));
  }

  setting(name: string): number | undefined {
    const series = this.series(P.setting).find((one) => one.labels.name === name);
    return series?.values.at(-1);
  }

  /** Newest error text with a value above zero. */
  error(metric: { readonly name: string }, label: string): string | undefined {
    const failing = this.series(metric).filter((one) => (one.values.at(-1) ?? 0) > 0 && one.labels[label]);
    failing.sort((a, b) => b.timestamps.at(-1)! - a.timestamps.at(-1)!);
    return failing[0]?.labels[label];
  }

  get lastSeen(): number {
    let last = 0;
    for (const group of this.#target.values()) {
      for (const series of group) last = Math.max(last, series.timestamps.at(-1)!);
    }
    return last;
  }
}

export function buildPostgres(context: BuildContext): readonly PostgresTarget[] {
  return targetsOf(context, 'pg_').map(([address, target]) => {
    const read = new TargetReader(context, target);
    const error = read.error(P.scrapeError, 'error');
    const maxConnections = read.setting('max_connections');
    const reservedConnections = read.setting('superuser_reserved_connections');
    const waits = read.by(P.lockAwaitingQueries, 'blocking_query', 'gauge');
    const queries = read.by(P.topQueryTime, 'query', 'gauge');
    return {
      address,
      up: read.sum(P.up),
      ...(error === undefined ? {} : { error }),
      latency: read.by(P.latency, 'summary', 'gauge'),
      connections: read.sum(P.connections),
      ...(maxConnections === undefined ? {} : { maxConnections }),
      ...(reservedConnections === undefined ? {} : { reservedConnections }),
      lockWaits: [...waits].map(([blockingQuery, waiting]) => ({ blockingQuery, waiting })),
      topQueries: [...queries].map(([query, time]) => ({ query, time })),
      lastSeen: milliseconds(read.lastSeen),
    };
  });
}

export function buildRedis(context: BuildContext): readonly RedisTarget[] {
  return targetsOf(context, 'redis_').map(([address, target]) => {
    const read = new TargetReader(context, target);
    const error = read.error(R.scrapeError, 'err');
    const rates = read.by(R.commands, 'cmd', 'counter');
    const times = read.by(R.commandTime, 'cmd', 'counter');
    const running = read.by(R.scriptRunning, 'cmd', 'gauge');
    const empty = () => context.resampler.column();
    return {
      address,
      up: read.sum(R.up),
      ...(error === undefined ? {} : { error }),
      commands: [...new Set([...rates.keys(), ...times.keys()])].map((command) => ({
        command,
        rate: rates.get(command) ?? empty(),
        time: times.get(command) ?? empty(),
      })),
      running: [...running].map(([command, seconds]) => ({ command, seconds })),
      blockedClients: read.sum(R.blockedClients),
      memoryUsed: read.sum(R.memoryUsed),
      memoryMax: read.sum(R.memoryMax),
      lastSeen: milliseconds(read.lastSeen),
    };
  });
}
