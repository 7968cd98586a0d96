import { formatValue } from '@gumshoe/base/units';
import { latencyQuantileColumn, mergeHistograms } from '@gumshoe/model/columns';
import type { Column, HistogramColumns } from '@gumshoe/model/world';
import { requestMetrics, type RequestMetricSet } from '@gumshoe/schema/metrics/requests';
import { selectDependency } from '../evidence.ts';
import { clientRequests, type ClientRequests, type ServerKind } from './clients-server.ts';
import { defineInspection, type Inspection, type Subject } from './define.ts';
import { riseVerdict } from './rise.ts';
import { rollingSum } from './rolling.ts';
import { sustainPoints } from './sustained.ts';

/** Requests in a stretch below which its 95th percentile says nothing. */
const LEAST_REQUESTS = 20;

/** The 95th percentile of what clients wait for, against what it usually is. */
export const clientsP95 = (kind: ServerKind, floor: number): Inspection =>
  defineInspection({
    id: `${kind.id}-clients-latency`,
    title: `${kind.area} latency as clients see it`,
    area: kind.area,
    threshold: {
      default: floor,
      unit: 'seconds',
      description: '95th percentile as clients see it, where that is more than usual',
    },
    needs: ['downstreams'],
    inspect: (subject, threshold) => {
      const seen = clientRequests(subject, subject.downstreams, kind);
      const histogram = mergeHistograms(seen.flatMap(({ requests }) => requests.latency ?? []));
      if (!histogram) return undefined;
      const { name } = subject.application;
      return riseVerdict(subject, [{ name, values: percentile(histogram, subject) }], {
        threshold,
        unit: 'seconds',
        says: ({ state }) =>
          `95 % of the requests to ${name} are answered within ${formatValue(state.value, 'seconds')}${slowestOf(seen, subject)}`,
        calm: `The requests to ${name} take no time.`,
        formula: `95th percentile over the last ${sustainPoints(subject.grid)} points, from ${LEAST_REQUESTS} requests on`,
        query: () => quantileQuery(seen, subject),
      });
    },
  });

function percentile({ bounds, counts }: HistogramColumns, { grid }: Subject): Column {
  const points = sustainPoints(grid);
  const rolling = counts.map((column) => rollingSum(column, points));
  const total = rolling.at(-1)!;
  const least = LEAST_REQUESTS / (grid.step / 1000);
  return latencyQuantileColumn({ bounds, counts: rolling }, 0.95).map((value, i) =>
    total[i]! >= least ? value : NaN,
  );
}

/** The client that sends most, which is where to look first. */
function slowestOf(seen: readonly ClientRequests[], { nameOf, window }: Subject): string {
  if (seen.length < 2) return '';
  const waits = seen.map(({ dependency, requests }) => {
    let sum = 0;
    for (let i = Math.max(window.lo, window.hi - 20); i < window.hi; i++) sum += requests.durationSum[i] || 0;
    return { name: nameOf(dependency.client), sum };
  });
  const most = waits.sort((a, b) => b.sum - a.sum || (a.name < b.name ? -1 : 1))[0]!;
  return most.sum > 0 ? `; ${most.name} waits most` : '';
}

function quantileQuery(seen: readonly ClientRequests[], { rateWindow }: Subject): string {
  const rates = selectAll(seen, ({ duration }) => `${duration.name}_bucket`).map(
    (selector) => `rate(${selector}${rateWindow})`,
  );
  return `histogram_quantile(0.95, sum by (le) (${rates.join(' or ')}))`;
}

/** Selectors of one metric for the dependencies, a few of them at most. */
export const selectAll = (
  seen: readonly ClientRequests[],
  metric: (of: RequestMetricSet) => string,
): readonly string[] =>
  seen
    .slice(0, 5)
    .map(({ dependency, requests }) =>
      selectDependency(dependency, metric(requestMetrics(requests.protocol))),
    );
