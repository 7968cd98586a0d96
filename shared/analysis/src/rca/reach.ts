import type { ApplicationId } from '@gumshoe/model/entities';
import { sumOf } from '@gumshoe/model/columns';
import type { Application, CellRange, Dependency, World } from '@gumshoe/model/world';
import { BestFirst } from './best-first.ts';
import { ramp } from './candidates/define.ts';
import { dependencyChange, type DependencyChange } from './dependency-change.ts';
import type { Frame } from './frame.ts';
import { onlyLogs, workGrowth } from './log-work.ts';
import { perFrame } from './memo.ts';
import { carriedShare } from './own-trouble.ts';

/** How an application could have caused the impact. */
export interface Reached {
  readonly application: Application;
  /** From the impacted application to this one. */
  readonly path: readonly ApplicationId[];
  /** 0..1: how well the trouble can have travelled along the path. */
  readonly reach: number;
  /** origin: a client of clients, from where requests come. */
  readonly direction: 'server' | 'client' | 'origin' | 'neighbour';
}

/** A healthy edge on the path leaves this much of the suspicion. */
const HEALTHY_EDGE = 0.3;
const PER_STEP = 0.98;
const CLIENT_REACH = 0.7;
const FURTHER_CLIENT = 0.95;
const NEIGHBOUR_REACH = 0.35;
const UNCONNECTED_REACH = 0.95;
/** What has nothing to do with anybody as far as is known, where only requests tell who has to do with whom. */
const UNKNOWN_REACH = 0.75;

export interface Propagation {
  readonly reached: readonly Reached[];
  readonly byId: ReadonlyMap<ApplicationId, Reached>;
  readonly changes: ReadonlyMap<Dependency, DependencyChange>;
  /** 0..1: how much trouble can have come over a dependency, by its own change and by its part in the impact. */
  readonly carries: (dependency: Dependency) => number;
  /** How many times as many requests an application gets as before; NaN when nobody counts. */
  readonly growth: (application: Application) => number;
}

/**
 * Walks from the impacted application to everything it waits for, to its clients, and to what shares its
 * nodes. Every edge is judged by what changed on it; the best path wins.
 */
export function propagate(frame: Frame, root: Application): Propagation {
  const { world } = frame;
  const changes = new Map(world.dependencies.map((one) => [one, dependencyChange(one, frame)]));
  const byId = new Map<ApplicationId, Reached>();
  const queue = new BestFirst<Reached>(isBetter);
  queue.add({ application: root, path: [root.id], reach: 1, direction: 'server' });
  for (let next = queue.take(); next; next = queue.take()) {
    if (byId.has(next.application.id)) continue;
    byId.set(next.application.id, next);
    for (const dependency of next.application.upstreams) {
      const application = world.byId.get(dependency.server);
      if (!application || byId.has(application.id)) continue;
      const carried = carriedBy(dependency, frame);
      const reach = next.reach * PER_STEP * (HEALTHY_EDGE + (1 - HEALTHY_EDGE) * carried);
      queue.add({ application, path: [...next.path, application.id], reach, direction: 'server' });
    }
  }
  if (world.dependencies.length === 0) addUnconnected(world, root, byId, UNCONNECTED_REACH);
  else if (world.dependencies.every(({ links }) => links.length === 0))
    addUnconnected(world, root, byId, UNKNOWN_REACH);
  addClients(world, byId);
  addNeighbours(world, root, byId);
  const reached = [...byId.values()].sort(
    (a, b) => b.reach - a.reach || (a.application.id < b.application.id ? -1 : 1),
  );
  return {
    reached,
    byId,
    changes,
    carries: (dependency) => carriedBy(dependency, frame),
    growth: (application) => requestGrowth(application, frame),
  };
}

/** A small rise on a busy dependency can be all of a small impact. */
const carriedBy = (dependency: Dependency, frame: Frame): number =>
  Math.max(dependencyChange(dependency, frame).impairment, ramp(carriedShare(dependency, frame), 0.1, 0.6));

const isBetter = (a: Reached, b: Reached): boolean =>
  a.reach > b.reach || (a.reach === b.reach && a.path.join() < b.path.join());

/**
 * Where no calls are known at all, everything may have to do with everything; where no connections are, a store whose
 * protocol nobody counts.
 */
function addUnconnected(
  world: World,
  root: Application,
  byId: Map<ApplicationId, Reached>,
  reach: number,
): void {
  for (const application of world.applications) {
    if (byId.has(application.id) || !isAlone(application)) continue;
    const path = [root.id, application.id];
    byId.set(application.id, { application, path, reach, direction: 'server' });
  }
}

/** Nobody says that it calls or is called. */
export const isAlone = ({ upstreams, downstreams }: Application): boolean =>
  upstreams.length === 0 && downstreams.length === 0;

/**
 * Clients of what was reached, and theirs: what they ask for can be too much for it. The first ones can also see a
 * server as slow because they starve themselves.
 */
function addClients({ byId: known }: World, byId: Map<ApplicationId, Reached>): void {
  const queue = [...byId.values()];
  for (const server of queue) {
    const step = server.direction === 'server' ? CLIENT_REACH : FURTHER_CLIENT;
    const reach = step * server.reach;
    for (const { client } of server.application.downstreams) {
      const application = known.get(client);
      if (!application || byId.get(client)?.direction === 'server') continue;
      if ((byId.get(client)?.reach ?? 0) >= reach) continue;
      const found: Reached = {
        application,
        path: [...server.path, client],
        reach,
        direction: server.direction === 'server' ? 'client' : 'origin',
      };
      byId.set(client, found);
      queue.push(found);
    }
  }
}

const requestGrowth = perFrame((application: Application, frame): number => {
  const requests =
    application.inbound.length > 0
      ? application.inbound
      : application.downstreams.flatMap((one) => one.requests);
  if (onlyLogs(frame)) return workGrowth(application, frame);
  const sum = (cells: CellRange): number =>
    requests.reduce((total, one) => total + sumOf(one.rate, cells), 0) / Math.max(1, cells.hi - cells.lo);
  return sum(frame.incident) / sum(frame.baseline);
});

/** Applications on the nodes of what was reached: they can take its CPU or disk away. */
function addNeighbours(world: World, root: Application, byId: Map<ApplicationId, Reached>): void {
  const nodes = new Set(
    [...byId.values()].flatMap((one) => one.application.instances.map((instance) => instance.node)),
  );
  for (const application of world.applications) {
    if (byId.has(application.id)) continue;
    if (!application.instances.some((instance) => nodes.has(instance.node))) continue;
    byId.set(application.id, {
      application,
      path: [root.id, application.id],
      reach: NEIGHBOUR_REACH,
      direction: 'neighbour',
    });
  }
}

/** Whether trouble at `deep` can show up at `shallow`: a path of changed edges leads from one to the other. */
export function canCause(
  propagation: Propagation,
  deep: ApplicationId,
  shallow: ApplicationId,
  least = 0.2,
): boolean {
  if (deep === shallow) return true;
  const start = propagation.byId.get(shallow)?.application;
  const stack = start ? [start] : [];
  const seen = new Set<ApplicationId>([shallow]);
  for (let next = stack.pop(); next; next = stack.pop()) {
    for (const dependency of next.upstreams) {
      if (propagation.carries(dependency) < least) continue;
      if (dependency.server === deep) return true;
      const application = propagation.byId.get(dependency.server)?.application;
      if (!application || seen.has(application.id)) continue;
      seen.add(application.id);
      stack.push(application);
    }
  }
  return false;
}
