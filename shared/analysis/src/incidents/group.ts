import { MINUTE, type Milliseconds } from '@gumshoe/base/time';
import { maxOf, sumOf } from '@gumshoe/model/columns';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { CellRange, Dependency, World } from '@gumshoe/model/world';
import { incidentId, type OpenedIncident } from '../incidents.ts';
import { DisjointSets } from './disjoint-sets.ts';
import { separate, type Part } from './separate.ts';

/** One trouble and everything it hit: missed objectives that belong together. */
export interface Incident {
  /** Stays the same for as long as the incident is known. */
  readonly id: string;
  readonly openedAt: Milliseconds;
  /** undefined: it goes on. */
  readonly resolvedAt?: Milliseconds;
  /** Of some of its objectives nothing was seen at the end: nobody knows whether they recovered. */
  readonly silent?: true;
  readonly severity: 'warning' | 'critical';
  /** Every missed objective: closest to the users first, then hardest hit. */
  readonly impacts: readonly OpenedIncident[];
  /** Impacted applications that no impacted client waits for: what users see. */
  readonly entries: readonly ApplicationId[];
  /** Impacted applications that wait for no impacted server: where to look first. */
  readonly depths: readonly ApplicationId[];
  /** Share of the requests to the entries that were affected, 0..1. */
  readonly impact: number;
  /** Part of the error budget that the hardest hit application used up. */
  readonly budgetSpent: number;
  readonly summary: string;
}

/** Onsets this close may have one cause, ms; further apart if one still goes on when the other begins. */
const ONSETS = 2 * MINUTE;
const ONSETS_OVERLAPPING = 10 * MINUTE;
/** An objective that is missed again so soon is the same trouble, ms. */
const AGAIN = 10 * MINUTE;
/** An edge suffers when this share of its requests fails, or its mean latency or oldest request passes this, s. */
const FAILED_SHARE = 0.05;
const SLOW = 0.5;
const HANGING = 1;
/** Or when it became so much slower than before. */
const SLOWER = 1.5;

/** Missed objectives joined along dependencies and onsets, oldest incident first. */
export function groupIncidents(world: World, opened: readonly OpenedIncident[]): readonly Incident[] {
  const groups = new DisjointSets(opened.length);
  const of = Map.groupBy(
    opened.map((_, i) => i),
    (i) => opened[i]!.application,
  );
  const join = (a: readonly number[] = [], b: readonly number[] = []): void => {
    for (const i of a) for (const j of b) if (i !== j && together(opened[i]!, opened[j]!)) groups.join(i, j);
  };
  for (const list of of.values()) join(list, list);
  for (const { client, server } of world.dependencies) join(of.get(client), of.get(server));
  joinThroughBystanders(world, opened, of, join);
  return [...Map.groupBy(opened, (_, i) => groups.of(i)).values()]
    .flatMap((list) => separate(world, list, edgeSuffers))
    .map((part) => incidentOf(world, part))
    .sort((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1));
}

/** Two impacted neighbours of something that is not impacted itself, or of which nothing is promised. */
function joinThroughBystanders(
  world: World,
  opened: readonly OpenedIncident[],
  of: ReadonlyMap<ApplicationId, readonly number[]>,
  join: (a: readonly number[] | undefined, b: readonly number[] | undefined) => void,
): void {
  const suffers = (dependency: Dependency, side: ApplicationId): boolean =>
    (of.get(side) ?? []).some((i) => edgeSuffers(dependency, opened[i]!.breach.cells));
  for (const application of world.applications) {
    if (of.has(application.id)) continue;
    const clients = application.downstreams.filter(({ client }) => of.has(client));
    const servers = application.upstreams.filter(({ server }) => of.has(server));
    const [first, ...others] = clients.filter((one) => suffers(one, one.client));
    for (const other of others) join(of.get(first!.client), of.get(other.client));
    for (const below of servers) {
      const ill = suffers(below, below.server);
      for (const above of clients)
        if (ill || suffers(above, above.client)) join(of.get(above.client), of.get(below.server));
    }
  }
}

function together(a: OpenedIncident, b: OpenedIncident): boolean {
  const apart = Math.abs(a.openedAt - b.openedAt);
  if (apart <= ONSETS) return true;
  const [first, second] = a.openedAt <= b.openedAt ? [a, b] : [b, a];
  const calm = second.openedAt - (first.resolvedAt ?? Infinity);
  return a.application === b.application ? calm <= AGAIN : calm <= 0 && apart <= ONSETS_OVERLAPPING;
}

function edgeSuffers({ requests, tcp }: Dependency, cells: CellRange): boolean {
  const sum = (part: 'rate' | 'failed' | 'durationSum', within = cells): number =>
    requests.reduce((total, one) => total + sumOf(one[part], within), 0);
  const refused = sumOf(tcp.failedConnects, cells);
  const rate = sum('rate');
  if (refused + sum('failed') > FAILED_SHARE * (rate + refused)) return true;
  if (requests.some(({ inFlightAge }) => inFlightAge && maxOf(inFlightAge, cells) > HANGING)) return true;
  const before = { lo: 0, hi: cells.lo };
  const usual = sum('durationSum', before) / sum('rate', before);
  const now = sum('durationSum') / rate;
  return now > SLOW || now > SLOWER * usual;
}

function incidentOf(world: World, { impacts: list, own }: Part): Incident {
  const hit = new Set(list.map(({ application }) => application));
  const related = (id: ApplicationId, side: 'client' | 'server'): boolean =>
    (side === 'client' ? world.byId.get(id)?.downstreams : world.byId.get(id)?.upstreams)?.some(
      (one) => one[side] !== id && hit.has(one[side]),
    ) ?? false;
  const ids = [...hit].sort();
  const alone = (side: 'client' | 'server'): readonly ApplicationId[] => {
    const found = ids.filter((id) => !related(id, side));
    return found.length > 0 ? found : ids;
  };
  const entries = alone('client');
  const first = [...list].sort(
    (a, b) => a.openedAt - b.openedAt || (a.application + a.slo < b.application + b.slo ? -1 : 1),
  )[0]!;
  const open = own.some(({ resolvedAt }) => resolvedAt === undefined);
  const impacts = [...list].sort(
    (a, b) =>
      Number(entries.includes(b.application)) - Number(entries.includes(a.application)) ||
      b.impact - a.impact ||
      (a.id < b.id ? -1 : 1),
  );
  const incident = {
    id: incidentId(`${first.application}/${first.slo}/${Math.round(first.openedAt / 1000)}`),
    openedAt: first.openedAt,
    ...(open ? {} : { resolvedAt: Math.max(...own.map((one) => one.resolvedAt!)) as Milliseconds }),
    ...(!open && own.some(({ silent }) => silent) ? { silent: true as const } : {}),
    severity: list.some(({ severity }) => severity === 'critical')
      ? ('critical' as const)
      : ('warning' as const),
    impacts,
    entries,
    depths: alone('server'),
    impact: Math.max(
      ...impacts.filter(({ application }) => entries.includes(application)).map((one) => one.impact),
    ),
    budgetSpent: Math.max(...list.map((one) => one.budgetSpent)),
  };
  return { ...incident, summary: summarize(impacts, hit.size) };
}

function summarize(impacts: readonly OpenedIncident[], applications: number): string {
  const others = applications - 1;
  const more = others === 0 ? '' : ` ${others} more application${others === 1 ? ' is' : 's are'} impacted.`;
  return `${impacts[0]!.summary}${more}`;
}
