import { formatValue } from '@gumshoe/base/units';
import { lastOf, meanOf } from '@gumshoe/model/columns';
import type { DatabaseTarget } from '@gumshoe/model/database-target';
import type { InstanceId } from '@gumshoe/model/entities';
import type { Column } from '@gumshoe/model/world';
import { MONGODB_METRICS } from '@gumshoe/schema/metrics/mongodb';
import { MYSQL_METRICS } from '@gumshoe/schema/metrics/mysql';
import { POSTGRES_MAINTENANCE_METRICS as M } from '@gumshoe/schema/metrics/postgres-maintenance';
import { POSTGRES_METRICS } from '@gumshoe/schema/metrics/postgres';
import type { Signals, Subject } from './define.ts';
import { rankSignal, signalsOf, tableName } from './target-signals.ts';

type Databases = Pick<Signals, 'postgres' | 'mysql' | 'mongodb'>;

interface Named {
  readonly what: string;
  readonly value: number;
}

/** So many are named. */
const TOP = 3;
/** Less than this fills no disk, bytes per second. */
const LEAST_GROWTH = 1024;
/** Seconds of I/O per second below which a query loads no disk. */
const LEAST_IO = 0.01;

/** What the databases of an instance write most to its disk: tables, WAL, slots that keep WAL. */
export function growersOf(databases: Databases, instance: InstanceId, subject: Subject): readonly string[] {
  const targets = targetsOf(databases, instance);
  const tables = [M.tableGrowth, MYSQL_METRICS.tableGrowth, MONGODB_METRICS.collectionGrowth];
  const growing = targets.flatMap((target): Named[] => [
    ...tables.flatMap((metric) =>
      rankSignal(target, metric, subject).map(({ labels, value }) => ({
        what: tableName({ ...labels, table: labels.table ?? labels.collection ?? '' }),
        value,
      })),
    ),
    ...signalsOf(target, M.walSize).map(({ values }) => ({ what: 'its WAL', value: slope(values, subject) })),
    ...signalsOf(target, POSTGRES_METRICS.replicationSlotRetained).map(({ labels, values }) => ({
      what: `WAL kept for the ${labels.active === 'true' ? '' : 'inactive '}slot ${labels.slot}`,
      value: slope(values, subject),
    })),
  ]);
  return top(growing, LEAST_GROWTH, ({ what, value }) => `${what} by ${formatValue(value, 'bytes/second')}`);
}

/** What loads the disk of an instance: the queries and tables with most I/O, and who writes buffers. */
export function ioOf(databases: Databases, instance: InstanceId, subject: Subject): readonly string[] {
  const targets = targetsOf(databases, instance);
  const busy = targets.flatMap((target): Named[] => [
    ...rankSignal(target, POSTGRES_METRICS.topQueryIoTime, subject).map(({ labels, value }) => ({
      what: labels.query ?? '',
      value,
    })),
    ...rankSignal(target, MYSQL_METRICS.topTableIoWait, subject).map(({ labels, value }) => ({
      what: `${labels.operation ?? 'I/O'} on ${[labels.schema, labels.table].join('.')}`,
      value,
    })),
  ]);
  return [
    ...top(busy, LEAST_IO, ({ what, value }) => `${formatValue(value, 'seconds')} per second: ${what}`),
    ...targets.flatMap((target) => writersOf(target, subject)),
  ];
}

function writersOf(target: DatabaseTarget, { window }: Subject): readonly string[] {
  const sources = signalsOf(target, M.buffersWritten)
    .map(({ labels, values }) => ({ what: labels.source ?? '', value: meanOf(values, window) || 0 }))
    .sort((a, b) => b.value - a.value);
  const [most] = sources;
  const all = sources.reduce((sum, { value }) => sum + value, 0);
  return most && all > 0
    ? [`${formatValue(most.value / all, 'ratio')} of the buffers are written by ${most.what}`]
    : [];
}

const targetsOf = ({ postgres, mysql, mongodb }: Databases, of: InstanceId): readonly DatabaseTarget[] =>
  [...postgres, ...mysql, ...mongodb].filter(({ instance }) => instance === of);

function top(all: readonly Named[], least: number, text: (one: Named) => string): readonly string[] {
  return all
    .filter(({ value }) => value >= least)
    .sort((a, b) => b.value - a.value || (a.what < b.what ? -1 : 1))
    .slice(0, TOP)
    .map(text);
}

/** Bytes per second between the first and the last value of the window. */
function slope(values: Column, { window, grid, recent }: Subject): number {
  const first = values.findIndex((value, i) => i >= window.lo && value === value);
  const last = lastOf(values, window, 4 * recent);
  const seconds = ((window.hi - 1 - first) * grid.step) / 1000;
  return first >= 0 && seconds > 0 ? (last - values[first]!) / seconds : NaN;
}
