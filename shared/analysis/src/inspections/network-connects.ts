import { formatValue } from '@gumshoe/base/units';
import { sumOf } from '@gumshoe/model/columns';
import type { CellRange, Dependency } from '@gumshoe/model/world';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { promqlEvidence, selectDependency } from '../evidence.ts';
import { defineInspection, type Subject } from './define.ts';
import { levelsOf } from './level.ts';
import { known } from './measured.ts';
import { failingColumn, LEAST_FAILURES } from './streak.ts';
import { sustainPoints } from './sustained.ts';

export const networkConnects = defineInspection({
  id: 'network-connects',
  title: 'TCP connections',
  area: 'Network',
  threshold: { default: 0, unit: 'per-second', description: 'failed connection attempts' },
  needs: ['upstreams'],
  inspect: (subject, threshold) => {
    const { grid, window, range, rateWindow, nameOf } = subject;
    const measured = subject.upstreams
      .filter(({ tcp }) => known(tcp.failedConnects) || known(tcp.connects))
      .map((of) => {
        const failed = of.tcp.failedConnects.map((rate) => (rate > threshold ? rate : 0));
        return { of, name: nameOf(of.server), values: failingColumn(failed, of.tcp.connects, grid) };
      });
    const levels = levelsOf(subject, measured, 0);
    if (levels.length === 0) return undefined;
    const failing = levels.filter(({ state }) => state.firing);
    const counted = (failing.length > 0 ? failing : levels)
      .map((one) => ({ ...one, count: countOf(one.of, window, subject) }))
      .sort((a, b) => b.count - a.count);
    const worst = counted[0]!;
    const last = { lo: Math.max(0, window.hi - sustainPoints(grid)), hi: window.hi };
    const rate = countOf(worst.of, last, subject) / ((last.hi - last.lo) * (grid.step / 1000));
    const message =
      failing.length === 0
        ? 'Connection attempts do not keep failing.'
        : `${formatValue(worst.count, 'count')} connection attempts to ${worst.name} failed in the window${reasonsOf(worst.of, window, subject)}, and they go on failing.`;
    const query = `sum(rate(${selectDependency(worst.of, C.tcpFailedConnects.name)}${rateWindow})) or sum(rate(${selectDependency(worst.of, C.tcpConnects.name)}${rateWindow})) * 0`;
    return {
      health: failing.length > 0 ? 'warning' : 'ok',
      message,
      value: rate,
      threshold,
      unit: 'per-second',
      instances: [],
      evidence: [promqlEvidence(query, range, message)],
      explanation: [
        `failed attempts to ${worst.name} in the window ${worst.count}, ${formatValue(rate, 'per-second')} over the last ${last.hi - last.lo} points`,
        `a warning needs ${LEAST_FAILURES} failures without a cell of successes alone in between, in most of the last points`,
      ],
      columns: counted
        .filter(({ count }) => count > 0)
        .map(({ name, of }) => ({ name, values: of.tcp.failedConnects })),
    };
  },
});

const countOf = ({ tcp }: Dependency, cells: CellRange, { grid }: Subject): number =>
  Math.round(sumOf(tcp.failedConnects, cells) * (grid.step / 1000));

function reasonsOf({ tcp }: Dependency, cells: CellRange, { grid }: Subject): string {
  const reasons = [...(tcp.connectErrors ?? [])]
    .map(([reason, column]) => ({ reason, count: Math.round(sumOf(column, cells) * (grid.step / 1000)) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1))
    .map(({ reason, count }) => `${reason.replace('_', ' ')} ${count}`);
  return reasons.length > 0 ? ` (${reasons.join(', ')})` : '';
}
