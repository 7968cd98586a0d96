import { formatValue } from '@gumshoe/base/units';
import { lastOf } from '@gumshoe/model/columns';
import type { PostgresTarget } from '@gumshoe/model/world';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { defineInspection, type Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import { measuredTargets, rankSignal, selectTarget } from './target-signals.ts';

export const postgresConnections = defineInspection({
  id: 'postgres-connections',
  title: 'Postgres connections',
  area: 'Postgres',
  threshold: {
    default: 90,
    unit: 'percent',
    description: 'connections in use, reserved ones included, of those allowed',
  },
  needs: ['postgres'],
  inspect: (subject, threshold) =>
    levelVerdict(
      subject,
      measuredTargets(
        subject.postgres,
        ({ connections, maxConnections: max = 0, reservedConnections = 0 }) =>
          max > 0 ? connections.map((count) => ((count + reservedConnections) / max) * 100) : undefined,
      ),
      {
        threshold,
        unit: 'percent',
        says: ({ name, target, state }) =>
          `${formatValue(Math.round(openOf(target, subject)), 'count')} of ${formatValue(target.maxConnections!, 'count')} connections to ${name} are in use, ${formatValue(state.value, 'percent')} with the reserved ones${state.firing ? holdersOf(target, subject) : ''}`,
        formula: '(open + reserved) / max_connections',
        query: ({ target }) =>
          `(sum(${selectTarget(target, P.connections)}) + ${target.reservedConnections ?? 0}) / ${target.maxConnections} * 100`,
        explain: ({ target }) => [
          `${openOf(target, subject)} open, ${target.reservedConnections ?? 0} reserved, max_connections ${target.maxConnections}`,
          ...statesOf(target, subject).map(
            ([state, count]) => `${state === '' ? 'without a state' : state}: ${formatValue(count, 'count')}`,
          ),
        ],
      },
    ),
});

const openOf = ({ connections }: PostgresTarget, { window, recent }: Subject): number =>
  lastOf(connections, window, 4 * recent) || 0;

/** Sessions at the end of the window, summed by some of their labels, most first. */
function countBy(target: PostgresTarget, subject: Subject, ...labels: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { labels: of, value } of rankSignal(target, P.connections, subject)) {
    const key = labels.map((label) => of[label] ?? '').join('@');
    counts.set(key, (counts.get(key) ?? 0) + value);
  }
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

const statesOf = (target: PostgresTarget, subject: Subject): readonly (readonly [string, number])[] =>
  countBy(target, subject, 'state').slice(0, 5);

function holdersOf(target: PostgresTarget, subject: Subject): string {
  const [user] = countBy(target, subject, 'user', 'db');
  if (!user || user[0] === '@') return '';
  const idle = statesOf(target, subject).find(([state]) => state === 'idle')?.[1] ?? 0;
  const unused = idle > 0 ? `, ${formatValue(idle, 'count')} of all are idle` : '';
  return `; most are held by ${user[0]} (${formatValue(user[1], 'count')})${unused}`;
}
