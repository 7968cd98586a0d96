import type { Series } from '@gumshoe/base/series';
import { gridOver, milliseconds, type TimeGrid, type TimeRange } from '@gumshoe/base/time';
import { PROTOCOLS } from '@gumshoe/schema/metrics/container';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import type { ApplicationId, InstanceId } from '../entities.ts';
import type { Application, Dependency, SourceGap, World } from '../world.ts';
import { buildApplication } from './applications.ts';
import { attachDatabases } from './attach-databases.ts';
import { buildContainers, buildListening } from './containers.ts';
import { BuildContext, type Building } from './context.ts';
import { buildDns } from './dns.ts';
import { compareText, DependencyBuilder, finishDependency } from './dependencies.ts';
import { DraftRegistry, type InstanceDraft } from './drafts.ts';
import { ListenIndex } from './listen-index.ts';
import { buildNodes, hostnamesOf } from './nodes.ts';
import { gapsOf } from './presence.ts';
import { RequestDraft, requestNames } from './request-draft.ts';
import { groupSeries, sampleInterval } from './samples.ts';
import { buildServed } from './served.ts';
import { buildTraces } from './traces.ts';

export interface WorldOptions {
  /** Milliseconds of samples before `range` that `series` also holds; baselines come from there. */
  readonly history?: number;
  /** Cell width in ms; without it the distance of samples decides. */
  readonly step?: number;
}

/** Cells never get finer than this, nor more than MAX_POINTS. */
const MIN_STEP = 5_000;
const MAX_POINTS = 960;

/** Cell width for a range whose samples are `interval` ms apart. */
export function stepFor(range: TimeRange, interval: number): number {
  const least = Math.max(MIN_STEP, interval, (range.to - range.from) / MAX_POINTS);
  return Math.ceil(least / MIN_STEP) * MIN_STEP;
}

/**
 * The world from metrics alone. `series` are raw samples of `modelMetrics`; their order does not matter.
 * An empty list gives a world without applications.
 */
export function buildWorld(series: readonly Series[], range: TimeRange, options: WorldOptions = {}): World {
  const groups = groupSeries(series);
  const interval = sampleInterval(groups);
  const whole = { from: milliseconds(range.from - (options.history ?? 0)), to: range.to };
  const grid = gridOver(whole, options.step ?? stepFor(whole, interval));
  const context = new BuildContext(groups, grid, interval);
  const hostnames = hostnamesOf(context);
  const building: Building = { context, registry: new DraftRegistry(hostnames) };
  buildContainers(building);
  buildListening(building);
  buildDns(building);
  buildInbound(building);
  buildServed(building);
  buildTraces(building);
  const listens = listenIndexOf(building);
  const nameInstance = instanceNames(building, hostnames);
  attachDatabases(building, (address) => listens.resolve(address, '').at(-1)?.subject, nameInstance);
  const dependencies = new DependencyBuilder(building, listens, fqdnsOf(context))
    .build()
    .map((draft) => finishDependency(draft, nameInstance))
    .sort((a, b) => compareText(`${a.client} ${a.server}`, `${b.client} ${b.server}`));
  const applications = finishApplications(building, dependencies, nameInstance);
  const observed = observedRange(series);
  return {
    range,
    grid,
    window: windowOf(grid, range),
    interval,
    applications,
    byId: new Map(applications.map((application) => [application.id, application])),
    nodes: buildNodes(context, hostnames),
    dependencies,
    gaps: sourceGaps(context, hostnames, range),
    ...(observed ? { observed } : {}),
  };
}

function windowOf(grid: TimeGrid, range: TimeRange): { readonly lo: number; readonly hi: number } {
  const lo = Math.max(0, Math.ceil((range.from - grid.from) / grid.step));
  return { lo: Math.min(lo, grid.points - 1), hi: grid.points };
}

function buildInbound({ context, registry }: Building): void {
  for (const protocol of PROTOCOLS) {
    const names = requestNames(protocol, 'inbound');
    const walk = (metric: string, add: (draft: RequestDraft, series: Series) => void) => {
      for (const series of context.named(metric)) {
        const inbound = registry.containerOf(series)?.instance.application.inbound;
        if (!inbound) continue;
        let draft = inbound.get(protocol);
        if (draft === undefined)
          inbound.set(protocol, (draft = new RequestDraft(protocol, context.resampler)));
        add(draft, series);
      }
    };
    walk(names.count, (draft, s) => draft.addCount(s.labels.status ?? '', context.eventRate(s)));
    walk(names.bucket, (draft, s) => draft.addBucket(s.labels.le ?? '', context.eventRate(s)));
    walk(names.sum, (draft, s) => draft.addSum(context.eventRate(s)));
  }
}

function listenIndexOf({ context, registry }: Building): ListenIndex<InstanceDraft> {
  const index = new ListenIndex<InstanceDraft>();
  for (const application of registry.applications.values()) {
    for (const instance of application.instances.values()) {
      for (const [address, from] of instance.addresses) {
        index.add(address, { subject: instance, node: instance.node, from });
      }
    }
  }
  for (const series of context.named(N.netInterfaceIp)) {
    index.addNodeIp(series.labels.ip ?? '', series.labels.machine_id ?? '');
  }
  return index;
}

function fqdnsOf(context: BuildContext): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { labels } of context.named(N.ipToFqdn)) {
    if (labels.ip && labels.fqdn) names.set(labels.ip, labels.fqdn);
  }
  return names;
}

/** Instance names are unique within an application: the host is added where two nodes use one name. */
function instanceNames(
  { registry }: Building,
  hostnames: ReadonlyMap<string, string>,
): (instance: InstanceDraft) => InstanceId {
  const names = new Map<InstanceDraft, InstanceId>();
  for (const application of registry.applications.values()) {
    const all = [...application.instances.values()];
    for (const instance of all) {
      const shared = all.some((other) => other !== instance && other.name === instance.name);
      const host = hostnames.get(instance.node) ?? instance.node.slice(0, 12);
      names.set(instance, (shared ? `${instance.name}@${host}` : instance.name) as InstanceId);
    }
  }
  return (instance) => names.get(instance)!;
}

function finishApplications(
  building: Building,
  dependencies: readonly Dependency[],
  nameInstance: (instance: InstanceDraft) => InstanceId,
): readonly Application[] {
  const upstreams = groupBy(dependencies, (dependency) => dependency.client);
  const downstreams = groupBy(dependencies, (dependency) => dependency.server);
  const ids = new Set<ApplicationId>([...building.registry.applications.keys(), ...downstreams.keys()]);
  return [...ids]
    .sort(compareText)
    .map((id) =>
      buildApplication(building, id, upstreams.get(id) ?? [], downstreams.get(id) ?? [], nameInstance),
    );
}

function groupBy(
  dependencies: readonly Dependency[],
  key: (dependency: Dependency) => ApplicationId,
): Map<ApplicationId, Dependency[]> {
  const out = new Map<ApplicationId, Dependency[]>();
  for (const dependency of dependencies) {
    const list = out.get(key(dependency));
    if (list) list.push(dependency);
    else out.set(key(dependency), [dependency]);
  }
  return out;
}

function sourceGaps(
  context: BuildContext,
  hostnames: ReadonlyMap<string, string>,
  range: TimeRange,
): readonly SourceGap[] {
  const staleness = 1.6 * context.staleness;
  return [...context.nodes].sort(compareText).flatMap((node) =>
    gapsOf(context.heartbeat(node), staleness, range.to)
      .filter((gap) => (gap.to ?? Infinity) > range.from)
      .map((gap) => ({
        node: node as SourceGap['node'],
        hostname: hostnames.get(node) ?? node.slice(0, 12),
        from: milliseconds(gap.from),
        ...(gap.to === undefined ? {} : { to: milliseconds(gap.to) }),
      })),
  );
}

function observedRange(series: readonly Series[]): TimeRange | undefined {
  let from = Infinity;
  let to = -Infinity;
  for (const { timestamps } of series) {
    if (timestamps.length === 0) continue;
    from = Math.min(from, timestamps[0]!);
    to = Math.max(to, timestamps.at(-1)!);
  }
  return to >= from ? { from: milliseconds(from), to: milliseconds(to) } : undefined;
}
