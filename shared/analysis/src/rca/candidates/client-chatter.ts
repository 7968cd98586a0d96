import { formatValue } from '@gumshoe/base/units';
import { sumColumns } from '@gumshoe/model/columns';
import type { Application, Dependency } from '@gumshoe/model/world';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { rateWindow, selectApplication, selectDependency } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { dependencyChange } from '../dependency-change.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { perFrame } from '../memo.ts';
import { requestsTo } from '../own-trouble.ts';
import { ramp, type Suspicion } from './define.ts';

const MOST = 0.75;
/** Calls of services for each request that are many, and how many times as many as most others make. */
const LEAST_CALLS = 4;
const LEAST_TIMES = 3;
const SURE_TIMES = 8;
/** Fewer make no usual. */
const LEAST_PEERS = 4;
/** Stores are asked many times for one request, and mean to be. */
const OF_SERVICES: ReadonlySet<string> = new Set(['http', 'http2', 'grpc', 'otel']);

interface Chatter {
  readonly call: Dependency;
  /** Calls for each request that the client serves. */
  readonly each: number;
}

/**
 * One that asks a service many times for each request it serves, as nobody else does, and that suffers by it: all there
 * is to tell a surge by where there is no time before.
 */
export function chatter(application: Application, frame: Frame): Suspicion | undefined {
  const all = chattersOf(frame.root, frame);
  if (all.length < LEAST_PEERS) return undefined;
  const usual = Math.max(1, all[all.length >> 1]!.each);
  const [worst] = all
    .filter(({ call, each }) => call.client === application.id && each >= LEAST_CALLS)
    .map((one) => ({ ...one, times: one.each / usual, hurt: dependencyChange(one.call, frame).impairment }))
    .map((one) => ({ ...one, weight: ramp(one.times, LEAST_TIMES, SURE_TIMES) * ramp(one.hurt, 0.1, 0.5) }))
    .sort((a, b) => b.weight - a.weight || (a.call.server < b.call.server ? -1 : 1));
  if (!worst || worst.weight === 0) return undefined;
  const { call, each, times, weight } = worst;
  const server = frame.world.byId.get(call.server)?.name ?? call.server;
  const { points } = frame.world.grid;
  const column = sumColumns(
    call.requests.map((one) => one.rate),
    points,
  );
  const { onset } = shiftOf(column, frame);
  const metrics = requestMetrics(call.requests[0]!.protocol);
  const served = requestsTo(application)[0]?.protocol ?? 'http';
  const query = `sum(rate(${selectDependency(call, metrics.count.name)}${rateWindow(frame.world)})) / sum(rate(${selectApplication(application, requestMetrics(served).inbound.name)}${rateWindow(frame.world)}))`;
  const summary = `${application.name} asks ${server} ${each.toFixed(1)} times for each request it serves; half of all others ask ${formatValue(usual, 'none')} times or less. There is no time before to compare with.`;
  return {
    title: `${application.name} asks ${server} ${times.toFixed(1)} times as often for a request as others ask`,
    signal: metrics.count.name,
    magnitude: MOST * weight,
    onset,
    column,
    floods: [call.server],
    surge: times,
    evidence: [measured(frame, query, summary, { value: each, unit: 'none', onset })],
    remediation: `Look for retries without back-off, a loop, or a cache that no longer helps in ${application.name}; ask for several things at once, and limit its rate at ${server} until then.`,
  };
}

/** All calls of services by how many there are for each request, the fewest first. */
const chattersOf = perFrame((_: Application, frame): readonly Chatter[] =>
  frame.world.dependencies
    .filter(
      ({ requests }) => requests.length > 0 && requests.every(({ protocol }) => OF_SERVICES.has(protocol)),
    )
    .flatMap((call) => {
      const client = frame.world.byId.get(call.client);
      const served = client ? servedRate(client, frame) : 0;
      return served > 0 ? [{ call, each: dependencyChange(call, frame).during.rate / served }] : [];
    })
    .sort((a, b) => a.each - b.each),
);

/** Requests per second that it serves. */
const servedRate = perFrame((application: Application, { incident }) => {
  const cells = Math.max(1, incident.hi - incident.lo);
  let sum = 0;
  for (const { rate } of requestsTo(application))
    for (let i = incident.lo; i < incident.hi; i++) sum += rate[i] || 0;
  return sum / cells;
});
