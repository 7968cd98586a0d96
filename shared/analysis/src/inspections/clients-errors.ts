import { formatValue } from '@gumshoe/base/units';
import { sumColumns, sumOf } from '@gumshoe/model/columns';
import type { Column } from '@gumshoe/model/world';
import { selectAll } from './clients-p95.ts';
import { clientRequests, type ClientRequests, type ServerKind } from './clients-server.ts';
import { defineInspection, type Inspection, type Subject } from './define.ts';
import { riseVerdict } from './rise.ts';
import { rollingSum } from './rolling.ts';
import { sustainPoints } from './sustained.ts';

/** Requests in a stretch below which a share of them says nothing. */
const LEAST_REQUESTS = 20;
/** One or two failures may be chance however few requests there are. */
const LEAST_FAILURES = 3;

/** The share of requests that fail, against what it usually is. */
export const clientsErrors = (kind: ServerKind): Inspection =>
  defineInspection({
    id: `${kind.id}-clients-errors`,
    title: `${kind.area} errors as clients see them`,
    area: kind.area,
    threshold: {
      default: 5,
      unit: 'percent',
      description: 'failed requests as clients see them, where that is more than usual',
    },
    needs: ['downstreams'],
    inspect: (subject, threshold) => {
      const seen = clientRequests(subject, subject.downstreams, kind);
      if (seen.length === 0) return undefined;
      const { name } = subject.application;
      return riseVerdict(subject, [{ name, values: failedShare(seen, subject) }], {
        threshold,
        unit: 'percent',
        says: ({ state }) =>
          `${formatValue(state.value, 'percent')} of the requests to ${name} fail${state.firing ? worstClient(seen, subject) : ''}`,
        calm: `No request to ${name} fails.`,
        formula: `failed / all requests over the last ${sustainPoints(subject.grid)} points, from ${LEAST_REQUESTS} requests on`,
        query: () => shareQuery(seen, subject),
      });
    },
  });

function failedShare(seen: readonly ClientRequests[], { grid }: Subject): Column {
  const points = sustainPoints(grid);
  const rolling = (pick: (one: ClientRequests) => Column) =>
    rollingSum(sumColumns(seen.map(pick), grid.points), points);
  const all = rolling(({ requests }) => requests.rate);
  const failed = rolling(({ requests }) => requests.failed);
  const seconds = grid.step / 1000;
  return all.map((rate, i) => {
    if (!(rate * seconds >= LEAST_REQUESTS)) return NaN;
    return failed[i]! * seconds >= LEAST_FAILURES - 0.5 ? (failed[i]! / rate) * 100 : 0;
  });
}

function worstClient(seen: readonly ClientRequests[], { nameOf, window, grid }: Subject): string {
  const cells = { lo: Math.max(window.lo, window.hi - sustainPoints(grid)), hi: window.hi };
  const [worst] = seen
    .map(({ dependency, requests }) => ({
      name: nameOf(dependency.client),
      failed: sumOf(requests.failed, cells),
      statuses: [...requests.failedByStatus].map(([status, column]) => ({
        status,
        sum: sumOf(column, cells),
      })),
    }))
    .sort((a, b) => b.failed - a.failed || (a.name < b.name ? -1 : 1));
  if (!worst || !(worst.failed > 0)) return '';
  const status = worst.statuses.sort((a, b) => b.sum - a.sum)[0]?.status ?? 'failed';
  return `; most of them from ${worst.name}${status === 'failed' ? '' : ` with status ${status}`}`;
}

function shareQuery(seen: readonly ClientRequests[], { rateWindow }: Subject): string {
  const sum = (matcher: string) => {
    const rates = selectAll(seen, ({ count }) => count.name).map(
      (selector) => `rate(${selector.slice(0, -1)}${matcher}}${rateWindow})`,
    );
    return `sum(${rates.join(' or ')})`;
  };
  return `(${sum(',status=~"failed|5..|grpc:.*",status!="grpc:OK"')} or vector(0)) / ${sum('')} * 100`;
}
