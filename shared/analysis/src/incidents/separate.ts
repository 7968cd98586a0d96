import { maxOf, meanOf, sumColumns } from '@gumshoe/model/columns';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { Application, CellRange, Dependency, World } from '@gumshoe/model/world';
import type { OpenedIncident } from '../incidents.ts';
import { DisjointSets } from './disjoint-sets.ts';

/** Share of its time that a node's CPUs or a disk are busy from which all that runs there may suffer for it. */
const STARVED = 0.9;
/** So many times the requests as before are a surge. */
const SURGE = 1.5;
/** An impact of the other kind is taken for a cause this much less readily, ms. */
const OTHER_KIND = 60_000;

/** An incident of its own. */
export interface Part {
  readonly impacts: readonly OpenedIncident[];
  /** Those that no other part could have brought about: they say when it is over. */
  readonly own: readonly OpenedIncident[];
}

/**
 * Takes apart what is joined only by those who wait for all of it: impacts below one frontend are two incidents when
 * nothing leads from one deepest impact to the other, and they share neither a server that fails them, nor a starved
 * node, nor a surge of requests. What waits for several belongs to the one that began with it.
 */
export function separate(
  world: World,
  list: readonly OpenedIncident[],
  suffers: (dependency: Dependency, cells: CellRange) => boolean,
): readonly Part[] {
  const hit = new Set(list.map(({ application }) => application));
  const depths = [...hit].filter((id) => !upstreamsOf(world, id).some((one) => one !== id && hit.has(one)));
  if (depths.length < 2) return [{ impacts: list, own: list }];
  const cells = hull(list);
  const clusters = new DisjointSets(depths.length);
  for (let i = 0; i < depths.length; i++)
    for (let j = i + 1; j < depths.length; j++)
      if (mayShareCause(world, depths[i]!, depths[j]!, cells, suffers)) clusters.join(i, j);
  const clusterOf = new Map(depths.map((id, i) => [id, clusters.of(i)]));
  if (new Set(clusterOf.values()).size < 2) return [{ impacts: list, own: list }];
  const begins = Map.groupBy(
    list.filter(({ application }) => clusterOf.has(application)),
    ({ application }) => clusterOf.get(application)!,
  );
  const reachedBy = (one: OpenedIncident): readonly number[] => {
    const own = clusterOf.get(one.application);
    if (own !== undefined) return [own];
    const below = serversBelow(world, one.application);
    const reached = [...begins].filter(([, first]) =>
      first.some(({ application }) => below.has(application)),
    );
    return (reached.length > 0 ? reached : [...begins]).map(([cluster]) => cluster);
  };
  const placed = list.map((one) => ({ one, reached: reachedBy(one) }));
  return [...begins].map(([cluster]) => ({
    impacts: placed.flatMap(({ one, reached }) => (likeliest(one, reached, begins) === cluster ? [one] : [])),
    own: placed.flatMap(({ one, reached }) => (reached.length === 1 && reached[0] === cluster ? [one] : [])),
  }));
}

/** The cluster whose impacts began with this one, those of its own kind first. */
function likeliest(
  one: OpenedIncident,
  reached: readonly number[],
  begins: ReadonlyMap<number, readonly OpenedIncident[]>,
): number {
  const distance = (other: OpenedIncident): number =>
    Math.abs(other.openedAt - one.openedAt) + (other.slo === one.slo ? 0 : OTHER_KIND);
  const ranked = reached
    .map((cluster) => ({ cluster, away: Math.min(...begins.get(cluster)!.map(distance)) }))
    .sort((a, b) => a.away - b.away || a.cluster - b.cluster);
  return ranked[0]!.cluster;
}

function mayShareCause(
  world: World,
  a: ApplicationId,
  b: ApplicationId,
  cells: CellRange,
  suffers: (dependency: Dependency, cells: CellRange) => boolean,
): boolean {
  if (serversBelow(world, a).has(b) || serversBelow(world, b).has(a)) return true;
  const [one, other] = [world.byId.get(a), world.byId.get(b)];
  if (!one || !other) return true;
  const failing = (application: Application): readonly ApplicationId[] =>
    application.upstreams.filter((edge) => suffers(edge, cells)).map(({ server }) => server);
  const servers = new Set(failing(one));
  if (failing(other).some((server) => servers.has(server))) return true;
  if (isFlooded(one, cells, world) && isFlooded(other, cells, world)) return true;
  const nodes = new Set(one.instances.map(({ node }) => node));
  const shared = other.instances.map(({ node }) => node).filter((node) => nodes.has(node));
  return world.nodes.some(
    ({ id, cpuUsage, disks }) =>
      shared.includes(id) &&
      [cpuUsage, ...disks.map(({ ioTime }) => ioTime)].some((column) => maxOf(column, cells) > STARVED),
  );
}

function isFlooded({ inbound, downstreams }: Application, cells: CellRange, world: World): boolean {
  const requests = inbound.length > 0 ? inbound : downstreams.flatMap((one) => one.requests);
  const rate = sumColumns(
    requests.map((one) => one.rate),
    world.grid.points,
  );
  return meanOf(rate, cells) > SURGE * meanOf(rate, { lo: 0, hi: cells.lo });
}

const upstreamsOf = (world: World, id: ApplicationId): readonly ApplicationId[] =>
  world.byId.get(id)?.upstreams.map(({ server }) => server) ?? [];

/** Everything an application waits for, directly or not. */
export function serversBelow(world: World, id: ApplicationId): ReadonlySet<ApplicationId> {
  const seen = new Set<ApplicationId>([id]);
  for (const one of seen) for (const server of upstreamsOf(world, one)) seen.add(server);
  return seen;
}

const hull = (list: readonly OpenedIncident[]): CellRange => ({
  lo: Math.min(...list.map(({ breach }) => breach.cells.lo)),
  hi: Math.max(...list.map(({ breach }) => breach.cells.hi)),
});
