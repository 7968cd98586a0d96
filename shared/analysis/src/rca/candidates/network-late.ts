import { formatValue } from '@gumshoe/base/units';
import { ratioColumn, sumColumns } from '@gumshoe/model/columns';
import type { Application, Column, Dependency } from '@gumshoe/model/world';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { rateWindow, selectDependency } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { shiftOf, type Frame, type Shift } from '../frame.ts';
import { onTheWay } from '../own-trouble.ts';
import { ramp, type Suspicion } from './define.ts';

const MOST = 0.8;
/** Who is late as a client only is rather the victim of one server's network. */
const AS_CLIENT_ONLY = 0.7;
/** Seconds by which a round trip must grow, and from where on nothing is more certain. */
const LEAST_DELAY = 0.004;
const SURE_DELAY = 0.03;
const LEAST_GROWTH = 3;

interface Way {
  readonly edge: Dependency;
  readonly column: Column;
  readonly rate: Column;
  readonly shift: Shift;
  /** 0..1 */
  readonly weight: number;
}

/**
 * An application whose calls take far longer for one side than for the other, and most of whose calls do, in and out:
 * its network is slow or loses packets. Clients see it, the server itself is as fast as before. undefined where nobody
 * tells the two sides apart.
 */
export function lateNetwork(application: Application, frame: Frame): Suspicion | 'fine' | undefined {
  const into = waysOf(application.downstreams, frame);
  const outOf = waysOf(application.upstreams, frame);
  const all = [...into, ...outOf];
  if (all.length === 0) return undefined;
  const late = all.filter(({ weight }) => weight > 0);
  const worst = late.toSorted((a, b) => b.shift.during - a.shift.during)[0];
  if (!worst) return 'fine';
  const share = late.length / all.length;
  const weight = late.reduce((sum, one) => sum + one.weight, 0) / late.length;
  const isServer = into.some((one) => one.weight > 0);
  const { before, during, onset } = worst.shift;
  const name = (id: string): string => frame.world.byId.get(id as Application['id'])?.name ?? id;
  const way = `from ${name(worst.edge.client)} to ${name(worst.edge.server)}`;
  const figures = `${formatValue(before || 0, 'seconds')} → ${formatValue(during, 'seconds')}`;
  const rate = (metric: string): string =>
    `sum(rate(${selectDependency(worst.edge, metric)}${rateWindow(frame.world)}))`;
  const query = `(${rate(T.callTime.name)} - ${rate(`${T.duration.name}_sum`)}) / ${rate(`${T.duration.name}_count`)}`;
  const summary = `Calls ${way} spend ${figures} on the way: the client waits so much longer than the server works. That is so for ${late.length} of the ${all.length} ways to and from ${application.name}.`;
  return {
    title: `The network of ${application.name} is slow: calls to and from it are late`,
    signal: T.callTime.name,
    magnitude: MOST * weight * share * share * (isServer ? 1 : AS_CLIENT_ONLY),
    onset,
    column: together(late, frame),
    ways: late.length * share * share,
    evidence: [
      measured(frame, query, summary, { value: during, before: before || 0, unit: 'seconds', onset }),
    ],
    remediation: `Look at the network of ${application.name}: queueing disciplines and limits on its interface (tc qdisc show), losses and retransmissions (ss -ti), the proxy before it, and the saturation of its node's link.`,
  };
}

function waysOf(edges: readonly Dependency[], frame: Frame): readonly Way[] {
  const { points } = frame.world.grid;
  return edges.flatMap((edge) => {
    const column = onTheWay(edge, frame);
    if (!column) return [];
    const rate = sumColumns(
      edge.requests.map((one) => one.rate),
      points,
    );
    const shift = shiftOf(ratioColumn(column, rate), frame);
    if (!(shift.during >= 0)) return [];
    const usual = shift.before || 0;
    const weight =
      shift.during > LEAST_GROWTH * usual ? ramp(shift.during - usual, LEAST_DELAY, SURE_DELAY) : 0;
    return [{ edge, column, rate, shift, weight }];
  });
}

/** Seconds on the way for each call. */
function together(ways: readonly Way[], { world }: Frame): Column {
  const { points } = world.grid;
  return ratioColumn(
    sumColumns(
      ways.map(({ column }) => column),
      points,
    ),
    sumColumns(
      ways.map(({ rate }) => rate),
      points,
    ),
  );
}
