import { formatValue } from '@gumshoe/base/units';
import { meanOf, sumColumns } from '@gumshoe/model/columns';
import type { Application, Column, Dependency } from '@gumshoe/model/world';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { rateWindow, selectDependency } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { dependencyChange } from '../dependency-change.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { chatter } from './client-chatter.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const MOST = 0.85;
/** Part of the server's requests that must come on top from this client. */
const LEAST_PART = 0.3;
const NEARLY_ALL = 0.9;

/** One client asks a server far more often than it used to, and more than its own requests explain. */
export const clientSurge = defineCandidate({
  kind: 'client-surge',
  title: 'Asks far more than usual',
  examine: ({ application, frame, inspected }) => {
    if (!frame.hasBaseline) {
      const asks = chatter(application, frame);
      return asks ? suspect(asks) : undefined;
    }
    const calls = application.upstreams.filter(
      (one) => one.requests.length > 0 && !bringsAll(application, one, frame),
    );
    if (calls.length === 0) return undefined;
    const served = growthOf(rateOf(application.inbound, frame), frame);
    const judged = calls
      .map((call) => judge(call, Math.max(1, served), frame))
      .sort((a, b) => b.weight - a.weight || (a.call.server < b.call.server ? -1 : 1));
    const worst = judged[0]!;
    const protocol = worst.call.requests[0]!.protocol;
    const signal = requestMetrics(protocol).count.name;
    if (worst.weight === 0) return clear(signal, 'it asks no more often than its own requests explain');
    const server = inspected.world.byId.get(worst.call.server)?.name ?? worst.call.server;
    const { before, during, onset } = shiftOf(worst.column, frame);
    const rates = `${formatValue(before, 'requests/second')} → ${formatValue(during, 'requests/second')}`;
    const summary = `Requests of ${application.name} to ${server}: ${rates}, ${worst.beyond.toFixed(1)} times as many for what it is asked itself.`;
    const query = `sum(rate(${selectDependency(worst.call, signal)}${rateWindow(frame.world)}))`;
    return suspect({
      title: `${application.name} sends ${server} ${worst.beyond.toFixed(1)} times its usual requests`,
      signal,
      magnitude: MOST * worst.weight,
      onset,
      column: worst.column,
      evidence: [measured(frame, query, summary, { value: during, before, unit: 'requests/second', onset })],
      floods: [worst.call.server],
      surge: during / Math.max(before, 1e-9),
      remediation: `Look for retries without back-off, a loop, or a cache that no longer helps in ${application.name}; limit its rate at ${server} until then.`,
    });
  },
});

/** Through a load balancer that nobody sees into come all requests of a server: it is not the one who asks. */
function bringsAll({ inbound }: Application, call: Dependency, frame: Frame): boolean {
  if (inbound.length > 0) return false;
  const all = allOf(call, frame);
  return dependencyChange(call, frame).during.rate > NEARLY_ALL * all;
}

const allOf = ({ server }: Dependency, frame: Frame): number =>
  (frame.world.byId.get(server)?.downstreams ?? []).reduce(
    (sum, one) => sum + dependencyChange(one, frame).during.rate,
    0,
  );

const rateOf = (requests: readonly Application['inbound'][number][], frame: Frame): Column =>
  sumColumns(
    requests.map((one) => one.rate),
    frame.world.grid.points,
  );

/** Who asked nothing before is new, not more of the same. */
function growthOf(column: Column, frame: Frame): number {
  const before = meanOf(column, frame.baseline);
  return before > 0 ? meanOf(column, frame.incident) / before || 1 : 1;
}

function judge(call: Dependency, served: number, frame: Frame) {
  const column = rateOf(call.requests, frame);
  const beyond = growthOf(column, frame) / served;
  const server = frame.world.byId.get(call.server);
  const all = allOf(call, frame);
  const { before, during } = dependencyChange(call, frame);
  const part = all > 0 ? (during.rate - before.rate) / all : 0;
  // a server that is as well off as before bears it
  const hurt = Math.max(
    0,
    ...(server?.downstreams ?? []).map((one) => dependencyChange(one, frame).impairment),
  );
  const weight = part > LEAST_PART && beyond > 1 ? ramp(beyond, 1.8, 4) * ramp(hurt, 0.1, 0.5) : 0;
  return { call, column, beyond, weight };
}
