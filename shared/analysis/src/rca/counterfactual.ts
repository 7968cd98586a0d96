import { formatValue } from '@gumshoe/base/units';
import { sumColumns } from '@gumshoe/model/columns';
import type { Application, Column, Dependency } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { rateWindow, selectApplication, selectDependency } from '../evidence.ts';
import { measured, type Figures } from './claim.ts';
import { dependencyChange } from './dependency-change.ts';
import type { Frame } from './frame.ts';
import {
  errorRise,
  latencyRise,
  missingRise,
  ownTrouble,
  risePerRootRequest,
  waitedOn,
  type Rise,
} from './own-trouble.ts';
import type { Propagation, Reached } from './reach.ts';
import type { Counterfactual } from './report.ts';

/** Rises of the impacted application below these are too small to be shared out. */
const LEAST_LATENCY = 0.001;
const LEAST_ERRORS = 0.002;
const LEAST_MISSING = 0.02;

type Dimension = Counterfactual['of'];

/** What one dimension of the impact amounts to, and what of it an edge brings. */
interface Dimensional {
  readonly of: Dimension;
  /** Rise at the impacted application, for each of its requests. */
  readonly impact: number;
  readonly least: number;
  readonly brought: (edges: readonly Dependency[], frame: Frame) => Rise;
  readonly unit: 'seconds' | 'ratio';
}

/**
 * Share of the impact that would be gone had the place stayed as before: what the edges that lead there brought for
 * each request of the impacted application during the incident, less what they brought before. undefined where nobody
 * counted requests on the way.
 */
export function counterfactual(
  reached: Reached,
  frame: Frame,
  propagation: Propagation,
): Counterfactual | undefined {
  // A place that only hangs fails nobody itself: what it accounts for most is what is told of it.
  let most: Counterfactual | undefined;
  for (const dimension of dimensionsOf(frame)) {
    const one = inDimension(reached, frame, propagation, dimension);
    if (one && one.share > (most?.share ?? -1)) most = one;
  }
  return most;
}

function inDimension(
  { application, direction }: Reached,
  frame: Frame,
  propagation: Propagation,
  dimension: Dimensional,
): Counterfactual | undefined {
  if (direction === 'neighbour') return ofNeighbour(application, frame, propagation, dimension);
  if (direction === 'client' || direction === 'origin') return undefined;
  if (application === frame.root) return ofRoot(application, frame, dimension);
  const edges = application.downstreams.filter(
    ({ client }) => propagation.byId.get(client)?.direction === 'server',
  );
  const [first] = edges;
  if (!first) return undefined;
  const { before, during, by } = dimension.brought(edges, frame);
  if (!(during === during)) return undefined;
  const share = Math.min(1, Math.max(0, by / dimension.impact));
  const figures =
    dimension.of === 'missing requests'
      ? completed(edges, frame)
      : ({ value: during, before, unit: dimension.unit } as const);
  const statement = sentence(application.name, share, frame, dimension);
  return {
    statement,
    share: round(share),
    of: dimension.of,
    evidence: [measured(frame, edgeQuery(edges, dimension, frame), statement, figures)],
  };
}

/** Those in which something rose, the one to prefer first. */
function dimensionsOf(frame: Frame): readonly Dimensional[] {
  const latency: Dimensional = {
    of: 'latency',
    impact: latencyRise(frame),
    least: LEAST_LATENCY,
    brought: perRequest(waitedOn),
    unit: 'seconds',
  };
  const errors: Dimensional = {
    of: 'errors',
    impact: errorRise(frame),
    least: LEAST_ERRORS,
    brought: perRequest(failuresOn),
    unit: 'ratio',
  };
  const missing: Dimensional = {
    of: 'missing requests',
    impact: missingRise(frame),
    least: LEAST_MISSING,
    brought: missingOn,
    unit: 'ratio',
  };
  // what fails or hangs is not slow: errors first, then what never came back
  const usable = [errors, missing, latency].filter(({ impact, least }) => impact > least);
  if (frame.slos.has('latency') && !frame.slos.has('availability'))
    return usable.toSorted((a, b) => Number(b.of === 'latency') - Number(a.of === 'latency'));
  return usable;
}

const failuresOn = (edge: Dependency, { world }: Frame): Column =>
  sumColumns([...edge.requests.map((one) => one.failed), edge.tcp.failedConnects], world.grid.points);

const perRequest =
  (column: (edge: Dependency, frame: Frame) => Column): Dimensional['brought'] =>
  (edges, frame) =>
    risePerRootRequest(
      sumColumns(
        edges.map((edge) => column(edge, frame)),
        frame.world.grid.points,
      ),
      frame,
    );

/** Share of the usual requests that no longer complete, of edges on which others wait for an answer. */
function missingOn(edges: readonly Dependency[], frame: Frame): Rise {
  const hanging = edges.filter((edge) => dependencyChange(edge, frame).during.oldest > 1);
  const usual = hanging.reduce((sum, edge) => sum + dependencyChange(edge, frame).before.rate, 0);
  const now = hanging.reduce((sum, edge) => sum + dependencyChange(edge, frame).during.rate, 0);
  const share = usual > 0 ? Math.max(0, 1 - now / usual) : 0;
  return { before: 0, during: share, by: share };
}

/** Requests per second that still complete, and that did. */
function completed(edges: readonly Dependency[], frame: Frame): Figures {
  const changes = edges.map((edge) => dependencyChange(edge, frame));
  return {
    value: changes.reduce((sum, { during }) => sum + during.rate, 0),
    before: changes.reduce((sum, { before }) => sum + before.rate, 0),
    unit: 'requests/second',
  };
}

function ofRoot(application: Application, frame: Frame, dimension: Dimensional): Counterfactual | undefined {
  const own = ownTrouble(application, frame);
  const share = dimension.of === 'errors' ? own.errors : own.latency;
  if (share !== share || dimension.of === 'missing requests') return undefined;
  const statement = sentence(application.name, share, frame, dimension);
  const query = rootQuery(application, frame);
  return {
    statement,
    share: round(share),
    of: dimension.of,
    evidence: [measured(frame, query, statement, { value: share, before: 0, unit: 'ratio' })],
  };
}

/** What became slower in itself on the same nodes. */
function ofNeighbour(
  application: Application,
  frame: Frame,
  propagation: Propagation,
  dimension: Dimensional,
): Counterfactual | undefined {
  const nodes = new Set(application.instances.map((one) => one.node));
  const victims = propagation.reached.filter(
    (one) =>
      one.direction === 'server' &&
      one.application !== application &&
      one.application.instances.some((instance) => nodes.has(instance.node)),
  );
  if (victims.length === 0 || dimension.of === 'missing requests') return undefined;
  const shares = victims.map((one) => {
    const own = ownTrouble(one.application, frame);
    return (dimension.of === 'errors' ? own.errors : own.latency) || 0;
  });
  const share = Math.min(
    1,
    shares.reduce((sum, one) => sum + one, 0),
  );
  const names = victims.filter((_, i) => shares[i]! > 0.02).map((one) => one.application.name);
  if (names.length === 0) return undefined;
  const statement = `Had ${names.join(', ')} on the same node stayed as before, ${formatValue(share, 'ratio')} of the additional ${dimension.of} of ${frame.root.name} would be gone.`;
  return {
    statement,
    share: round(share),
    of: dimension.of,
    evidence: [
      measured(frame, rootQuery(frame.root, frame), statement, { value: share, before: 0, unit: 'ratio' }),
    ],
  };
}

const sentence = (name: string, share: number, { root }: Frame, { of }: Dimensional): string =>
  of === 'missing requests'
    ? `Had ${name} stayed as before, ${formatValue(share, 'ratio')} of the requests that ${root.name} no longer completes would be answered.`
    : `Had ${name} stayed as before, ${formatValue(share, 'ratio')} of the additional ${of} of ${root.name} would be gone.`;

function edgeQuery(edges: readonly Dependency[], { of }: Dimensional, frame: Frame): string {
  const window = rateWindow(frame.world);
  // a status appears as a series with its first request only
  const rate = (selector: string): string => `(sum(rate(${selector}${window})) or vector(0))`;
  const terms = edges.flatMap((edge) => {
    const ofRequests = edge.requests.map(({ protocol }) => {
      const metrics = requestMetrics(protocol);
      if (of === 'latency') return rate(selectDependency(edge, `${metrics.duration.name}_sum`));
      const more = of === 'errors' ? ['status=~"5..|failed"'] : [];
      return rate(selectDependency(edge, metrics.count.name, ...more));
    });
    const refused = edge.links.length > 0 && of === 'errors';
    return refused
      ? [...ofRequests, rate(selectDependency(edge, CONTAINER_METRICS.tcpFailedConnects.name))]
      : ofRequests;
  });
  const brought = terms.join(' + ');
  return of === 'missing requests'
    ? brought
    : `(${brought}) / sum(rate(${rootSelector(frame.root, 'count')}${window}))`;
}

const rootQuery = (root: Application, frame: Frame): string =>
  `sum(rate(${rootSelector(root, 'duration')}${rateWindow(frame.world)}))`;

/** What counts or times the requests of the impacted application. */
function rootSelector(root: Application, what: 'count' | 'duration'): string {
  const served = root.inbound[0]?.protocol;
  if (served !== undefined) {
    const metrics = requestMetrics(served);
    return selectApplication(
      root,
      what === 'count' ? metrics.inbound.name : `${metrics.inboundDuration.name}_sum`,
    );
  }
  const client = root.downstreams.find((one) => one.requests.length > 0);
  const metrics = requestMetrics(client?.requests[0]?.protocol ?? 'http');
  const name = what === 'count' ? metrics.count.name : `${metrics.duration.name}_sum`;
  return client ? selectDependency(client, name) : selectApplication(root, name);
}

const round = (share: number): number => Math.round(share * 1000) / 1000;
