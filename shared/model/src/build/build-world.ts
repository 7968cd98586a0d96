import type { Series } from '@gumshoe/base/series';
import { gridOver, milliseconds, type TimeGrid, type TimeRange } from '@gumshoe/base/time';
import { PROTOCOLS } from '@gumshoe/schema/metrics/container';
import type { ApplicationId, InstanceId } from '../entities.ts';
import type { ModelSettings } from '../settings.ts';
import type { Application, Dependency, SourceGap, World } from '../world.ts';
import { buildApplication, type Finish } from './applications.ts';
import { attachDatabases } from './attach-databases.ts';
import { Categories } from './categories.ts';
import { separateClusters } from './clusters.ts';
import { buildConsumerLags } from './consumer-lags.ts';
import { buildContainers, buildListening } from './containers.ts';
import { BuildContext, type Building } from './context.ts';
import { DependencyBuilder } from './dependencies.ts';
import { compareText, finishDependency } from './dependency-draft.ts';
import { Destinations } from './destinations.ts';
import { buildDns } from './dns.ts';
import { DraftRegistry, type InstanceDraft } from './drafts.ts';
import { KubernetesState } from './kubernetes.ts';
import { listenIndexOf } from './listening.ts';
import { addManaged, buildManagedDatabases } from './managed-databases.ts';
import { buildNodes, hostnamesOf } from './nodes.ts';
import { buildPods, WantedReplicas } from './pods.ts';
import { gapsOf } from './presence.ts';
import { RequestDraft, requestNames } from './request-draft.ts';
import { findRoles } from './roles.ts';
import { groupSeries, sampleInterval } from './samples.ts';
import { buildServed } from './served.ts';
import { nameServices } from './span-services.ts';
import { buildTraces } from './traces.ts';
import { buildCertificates } from './certificates.ts';
import { buildGoRuntime } from './go-runtime.ts';
import { ScrapedOwners } from './scraped.ts';
import { withSpanClocks } from './span-clocks.ts';
import { Workloads } from './workloads.ts';

export interface WorldOptions {
  /** Milliseconds of samples before `range` that `series` also holds; baselines come from there. */
  readonly history?: number;
  /** Cell width in ms; without it the distance of samples decides. */
  readonly step?: number;
  /** What the configuration says about applications. */
  readonly model?: ModelSettings;
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
  const { series: own, clusterOf } = separateClusters(series);
  const groups = groupSeries(own);
  const interval = sampleInterval(groups);
  const whole = { from: milliseconds(range.from - (options.history ?? 0)), to: range.to };
  const grid = gridOver(whole, options.step ?? stepFor(whole, interval));
  const context = new BuildContext(groups, grid, interval, clusterOf);
  const hostnames = hostnamesOf(context);
  const { dependencies, applications } = buildGraph(context, hostnames, options.model ?? {});
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

interface Graph {
  readonly dependencies: readonly Dependency[];
  readonly applications: readonly Application[];
}

function buildGraph(
  context: BuildContext,
  hostnames: ReadonlyMap<string, string>,
  settings: ModelSettings,
): Graph {
  const kubernetes = new KubernetesState(context);
  const workloads = new Workloads(kubernetes, settings.customApplications);
  const registry = new DraftRegistry({ hostnames, workloads, clusterOf: context.clusterOf });
  const building: Building = { context, registry, kubernetes };
  buildContainers(building);
  buildListening(building);
  buildPods(building, workloads);
  const managed = buildManagedDatabases(building);
  buildDns(building);
  buildInbound(building);
  buildServed(building);
  nameServices(building);
  buildTraces(building);
  const listens = listenIndexOf(building);
  addManaged(listens, managed);
  const nameInstance = instanceNames(building, hostnames);
  const ownerOf = (address: string, cluster: string) =>
    listens.resolve(address, { cluster, node: '', netns: '' }).at(-1)?.subject;
  findRoles(building, ownerOf);
  const outside = attachDatabases(building, ownerOf, nameInstance);
  const scraped = new ScrapedOwners(building, ownerOf);
  buildGoRuntime(context, scraped);
  buildConsumerLags(building, scraped);
  buildCertificates(context, registry.applications.values(), scraped, ownerOf);
  const destinations = new Destinations(building, listens, settings, managed);
  const drafts = new DependencyBuilder(building, destinations).build();
  const { externals } = destinations;
  const clusterOf = (id: ApplicationId): string =>
    registry.applications.get(id)?.identity.cluster ?? externals.get(id)?.cluster ?? '';
  const finished = drafts
    .map((draft) =>
      finishDependency(
        draft,
        { clientCluster: clusterOf(draft.client), serverCluster: clusterOf(draft.server) },
        nameInstance,
      ),
    )
    .sort((a, b) => compareText(a.client, b.client) || compareText(a.server, b.server));
  const dependencies = withSpanClocks(context, finished);
  const finish = {
    nameInstance,
    externals,
    outside,
    categories: new Categories(settings.categories),
    wanted: new WantedReplicas(context),
  };
  return { dependencies, applications: finishApplications(building, dependencies, finish) };
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

/** Instance names are unique within an application: the host is added where two nodes use one name. */
function instanceNames(
  { registry }: Building,
  hostnames: ReadonlyMap<string, string>,
): (instance: InstanceDraft) => InstanceId {
  const names = new Map<InstanceDraft, InstanceId>();
  for (const application of registry.applications.values()) {
    const counts = new Map<string, number>();
    for (const { name } of application.instances.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const instance of application.instances.values()) {
      const host = hostnames.get(instance.node) ?? instance.node.slice(0, 12);
      const shared = counts.get(instance.name)! > 1;
      names.set(instance, (shared ? `${instance.name}@${host}` : instance.name) as InstanceId);
    }
  }
  return (instance) => names.get(instance)!;
}

function finishApplications(
  building: Building,
  dependencies: readonly Dependency[],
  finish: Finish,
): readonly Application[] {
  const upstreams = groupBy(dependencies, (dependency) => dependency.client);
  const downstreams = groupBy(dependencies, (dependency) => dependency.server);
  const ids = new Set<ApplicationId>([...building.registry.applications.keys(), ...downstreams.keys()]);
  return [...ids]
    .sort(compareText)
    .map((id) => buildApplication(building, id, upstreams.get(id) ?? [], downstreams.get(id) ?? [], finish));
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
  const silence = (node: string): number =>
    1.6 * context.stalenessOf({ timestamps: context.heartbeat(node) });
  return [...context.nodes].sort(compareText).flatMap((node) =>
    gapsOf(context.heartbeat(node), silence(node), range.to)
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
