import { formatValue } from '@gumshoe/base/units';
import { ratioColumn, sumColumns } from '@gumshoe/model/columns';
import type { Application, Dependency } from '@gumshoe/model/world';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { rateWindow, selectDependency } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { dependencyChange } from '../dependency-change.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { ownTime, requestsTo, riseOfRatio, waitedOn } from '../own-trouble.ts';
import type { Suspicion } from './define.ts';

const MOST = 0.62;
/** One call only can be late for its server's sake. */
const OF_ONE = 0.75;
/** Seconds by which each call must be later. */
const LEAST_DELAY = 0.01;
/** The delays are of one origin when each is this part of the longest. */
const ALIKE = 0.35;
/** What a request takes on top in itself, as a part of what each of its calls does. */
const LEAST_OWN = 0.3;
const LEAST_OWN_OF_ONE = 0.6;
/** Where nobody outside of it measures its requests there is less to go by. */
const LEAST_SERVERS_OF_ROOT = 3;
const IMPAIRED = 0.25;

interface LateCall {
  readonly edge: Dependency;
  readonly before: number;
  readonly during: number;
}

/**
 * An application for which all servers became slow at once, by about as much, while none of them is slow for others or
 * waits for something itself; and which takes as much longer itself. That all of them broke is less likely than that it
 * is its own network, or that it starves. Where one side only tells how long calls take.
 */
export function lateForOneClient(application: Application, frame: Frame): Suspicion | undefined {
  const calls = application.upstreams.filter((one) => dependencyChange(one, frame).during.rate > 0);
  if (calls.length === 0 || !frame.hasBaseline) return undefined;
  if (calls.some(({ requests }) => requests.some(({ clientTime }) => clientTime !== undefined)))
    return undefined;
  const late = calls.flatMap((edge) => lateCall(edge, frame) ?? []);
  if (late.length < calls.length) return undefined;
  const delays = late.map(({ before, during }) => during - before);
  const most = Math.max(...delays);
  const least = Math.min(...delays);
  if (least < ALIKE * most) return undefined;
  const own = riseOfOwn(application, frame);
  const isMeasured = application.downstreams.some(({ requests }) => requests.length > 0);
  const wanted = (late.length === 1 ? LEAST_OWN_OF_ONE : LEAST_OWN) * least;
  if (isMeasured ? !(own >= wanted) : late.length < LEAST_SERVERS_OF_ROOT) return undefined;
  return suspicionOf(application, late, frame);
}

/** Seconds that a request takes on top, without what it waits for. */
function riseOfOwn(application: Application, frame: Frame): number {
  const { points } = frame.world.grid;
  const served = sumColumns(
    requestsTo(application).map((one) => one.rate),
    points,
  );
  return riseOfRatio(ownTime(application, frame), served, frame).by;
}

/** undefined when it is as quick as before, or the server has trouble for which nobody needs this client. */
function lateCall(edge: Dependency, frame: Frame): LateCall | undefined {
  const { before, during } = dependencyChange(edge, frame);
  if (!(during.mean - before.mean >= LEAST_DELAY)) return undefined;
  const server = frame.world.byId.get(edge.server);
  const others = (server?.downstreams ?? []).filter((one) => one !== edge);
  const isShared = [...others, ...(server?.upstreams ?? [])].some(
    (one) => dependencyChange(one, frame).impairment > IMPAIRED,
  );
  return isShared ? undefined : { edge, before: before.mean, during: during.mean };
}

function suspicionOf(application: Application, late: readonly LateCall[], frame: Frame): Suspicion {
  const { points } = frame.world.grid;
  const column = ratioColumn(
    sumColumns(
      late.map(({ edge }) => waitedOn(edge, frame)),
      points,
    ),
    sumColumns(
      late.flatMap(({ edge }) => edge.requests.map((one) => one.rate)),
      points,
    ),
  );
  const { before, during, onset } = shiftOf(column, frame);
  const names = late.map(({ edge }) => frame.world.byId.get(edge.server)?.name ?? edge.server).sort();
  const first = late[0]!.edge;
  const { duration } = requestMetrics(first.requests[0]!.protocol);
  const rate = (part: string): string =>
    late
      .map(
        ({ edge }) =>
          `sum(rate(${selectDependency(edge, `${duration.name}_${part}`)}${rateWindow(frame.world)}))`,
      )
      .join(' + ');
  const summary = `Calls of ${application.name} to ${names.join(', ')} take ${formatValue(before, 'seconds')} → ${formatValue(during, 'seconds')}: all that it calls, by about as much, while none of them is slow for anybody else.`;
  return {
    title: `All that ${application.name} asks answers late: it is its own network, or it starves`,
    signal: `${duration.name}_sum`,
    magnitude: MOST * (late.length === 1 ? OF_ONE : 1),
    onset,
    column,
    ways: late.length,
    evidence: [
      measured(frame, `(${rate('sum')}) / (${rate('count')})`, summary, {
        value: during,
        before,
        unit: 'seconds',
        onset,
      }),
    ],
    remediation: `Look at the network of ${application.name} (queueing disciplines on its interface, losses and retransmissions, the proxy before it) and whether it gets the CPU it asks for; then at what its servers share.`,
  };
}
