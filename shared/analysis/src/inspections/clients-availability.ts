import { formatValue } from '@gumshoe/base/units';
import { maxColumns, medianOf, sumColumns } from '@gumshoe/model/columns';
import type { Column, Dependency } from '@gumshoe/model/world';
import { CONTAINER_METRICS as C, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { selectDependency } from '../evidence.ts';
import { WAITING_PROTOCOLS } from '../slo/operation-class.ts';
import { clientRequests, type ServerKind } from './clients-server.ts';
import { defineInspection, type Inspection, type Subject } from './define.ts';
import { levelsOf, levelVerdict, type Measured } from './level.ts';
import { known } from './measured.ts';
import { rollingSum } from './rolling.ts';
import { failingColumn } from './streak.ts';
import { sustainPoints } from './sustained.ts';

/** A request that waits this long while nothing else is answered gets no answer, seconds. */
const NO_ANSWER = 5;
/** Requests per second that a client must usually make for their absence to say something. */
const USUAL = 0.2;

interface Client extends Measured {
  readonly dependency: Dependency;
  readonly unanswered: Column;
}

/** Whether clients get through: connection attempts that keep failing, and requests that nobody answers. */
export const clientsAvailability = (kind: ServerKind): Inspection =>
  defineInspection({
    id: `${kind.id}-clients-availability`,
    title: `${kind.area} availability as clients see it`,
    area: kind.area,
    threshold: {
      default: 50,
      unit: 'percent',
      description: "share of one client's attempts that fail or get no answer",
    },
    needs: ['downstreams'],
    inspect: (subject, threshold) => {
      const served = clientRequests(subject, subject.downstreams, kind).length > 0;
      if (!served && !kind.types.includes(subject.application.type ?? '')) return undefined;
      const clients = subject.downstreams.flatMap((dependency) => clientOf(dependency, subject, kind));
      const { name } = subject.application;
      return levelVerdict(subject, clients, {
        threshold,
        unit: 'percent',
        says: (worst) => {
          if (!worst.state.firing)
            return `${worst.name} gets through to ${name}: ${formatValue(worst.state.value, 'percent')} of its attempts fail`;
          const cut = levelsOf(subject, clients, threshold).filter(({ state }) => state.firing).length;
          const what = lostAnswers(worst, subject) ? 'gets no answer from' : `fails to connect to`;
          return `${worst.name} ${what} ${name} in ${formatValue(worst.state.value, 'percent')} of its attempts, ${among(cut, clients.length)}`;
        },
        formula:
          'failed attempts to connect / all attempts, where they keep failing; all, where requests get no answer',
        query: (worst) => evidenceQuery(worst, subject, kind),
      });
    },
  });

const among = (cut: number, clients: number): string =>
  cut < 2
    ? clients === 1
      ? 'its only client'
      : `the only one of its ${clients} clients`
    : `one of ${cut} of its ${clients} clients`;

function clientOf(dependency: Dependency, subject: Subject, kind: ServerKind): readonly Client[] {
  const { tcp } = dependency;
  const own = dependency.requests.filter(({ protocol }) => protocol === kind.protocol);
  const unanswered = unansweredCells(own, subject, kind);
  const refused = refusedShare(dependency, subject);
  if (!known(tcp.failedConnects) && !known(tcp.connects) && own.length === 0) return [];
  const values = maxColumns([refused, unanswered], subject.grid.points);
  return [{ dependency, unanswered, name: subject.nameOf(dependency.client), values }];
}

/** Percent of the attempts to connect that fail, in cells in which they keep failing; 0 elsewhere. */
function refusedShare({ tcp }: Dependency, { grid }: Subject): Column {
  const points = sustainPoints(grid);
  const failing = failingColumn(tcp.failedConnects, tcp.connects, grid);
  const failed = rollingSum(tcp.failedConnects, points);
  const made = rollingSum(tcp.connects, points);
  return failing.map((state, i) => {
    if (state !== 1) return state;
    const all = (failed[i] || 0) + (made[i] || 0);
    return all > 0 ? ((failed[i] || 0) / all) * 100 : 0;
  });
}

/** 100 in cells in which the oldest request waits and nothing is answered, else 0. */
function unansweredCells(
  requests: readonly Dependency['requests'][number][],
  { grid, window }: Subject,
  { protocol }: ServerKind,
): Column {
  const rate = sumColumns(
    requests.map((one) => one.rate),
    grid.points,
  );
  if (WAITING_PROTOCOLS.has(protocol)) return rate.map((value) => (value === value ? 0 : NaN));
  const waiting = maxColumns(
    requests.flatMap(({ inFlightAge }) => inFlightAge ?? []),
    grid.points,
  );
  const answered = rollingSum(rate, Math.max(2, Math.round((NO_ANSWER * 1000) / grid.step)));
  const usual = medianOf(rate, { lo: 0, hi: Math.max(1, window.hi - sustainPoints(grid)) });
  return waiting.map((age, i) => {
    if (age > NO_ANSWER && !(answered[i]! > 0.05 * usual) && usual >= USUAL) return 100;
    return rate[i] === rate[i] || age === age ? 0 : NaN;
  });
}

const lostAnswers = ({ unanswered }: Client, { window, grid }: Subject): boolean =>
  unanswered.slice(Math.max(0, window.hi - sustainPoints(grid)), window.hi).some((value) => value > 0);

function evidenceQuery(worst: Client, subject: Subject, { protocol }: ServerKind): string {
  const { dependency } = worst;
  const select = (metric: { readonly name: string }) => selectDependency(dependency, metric.name);
  const failed = `sum(rate(${select(C.tcpFailedConnects)}${subject.rateWindow}))`;
  const made = `sum(rate(${select(C.tcpConnects)}${subject.rateWindow}))`;
  if (lostAnswers(worst, subject)) return `max(${select(REQUEST_METRICS[protocol].inFlightAge)})`;
  return `${failed} or ${made} * 0 or sum(rate(${select(REQUEST_METRICS[protocol].count)}${subject.rateWindow})) * 0`;
}
