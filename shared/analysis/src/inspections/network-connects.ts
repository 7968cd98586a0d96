import { formatValue } from '@gumshoe/base/units';
import { lastOf, sumColumns, sumOf } from '@gumshoe/model/columns';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { promqlEvidence, selectDependency } from '../evidence.ts';
import { defineInspection } from './define.ts';

export const networkConnects = defineInspection({
  id: 'network-connects',
  title: 'TCP connections',
  area: 'Network',
  threshold: { default: 0, unit: 'per-second', description: 'failed connection attempts' },
  needs: ['upstreams'],
  inspect: ({ upstreams, grid, window, range, rateWindow, recent, nameOf }, threshold) => {
    if (upstreams.length === 0) return undefined;
    const seconds = grid.step / 1000;
    const failing = upstreams
      .map((dependency) => ({ dependency, count: sumOf(dependency.tcp.failedConnects, window) * seconds }))
      .sort((a, b) => b.count - a.count);
    const worst = failing[0]!;
    const now = lastOf(worst.dependency.tcp.failedConnects, window, recent);
    const peer = nameOf(worst.dependency.server);
    const message =
      worst.count < 0.5
        ? 'Every connection attempt succeeded in the window.'
        : `${formatValue(Math.round(worst.count), 'count')} connection attempts to ${peer} failed in the window, ${formatValue(now === now ? now : 0, 'per-second')} at its end.`;
    const query = `sum(rate(${selectDependency(worst.dependency, CONTAINER_METRICS.tcpFailedConnects.name)}${rateWindow}))`;
    return {
      health: now > threshold ? 'warning' : 'ok',
      message,
      value: now === now ? now : 0,
      threshold,
      unit: 'per-second',
      instances: [],
      evidence: [promqlEvidence(query, range, message)],
      explanation: ['any failed attempt at the end of the window is a warning'],
      columns: failing
        .filter(({ count }) => count > 0)
        .map(({ dependency }) => ({
          name: nameOf(dependency.server),
          values: sumColumns([dependency.tcp.failedConnects], grid.points),
        })),
    };
  },
});
