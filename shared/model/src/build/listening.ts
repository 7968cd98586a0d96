import type { Series } from '@gumshoe/base/series';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { isLoopback, isWildcard, parseEndpoint } from './address.ts';
import type { BuildContext, Building } from './context.ts';
import type { InstanceDraft } from './drafts.ts';
import { ListenIndex } from './listen-index.ts';
import { downtimesOf, mergeInstants, positiveInstants, type Instants } from './presence.ts';

/** Clocks of machines differ by this much without anybody noticing, ms. */
const CLOCK_SKEW = 30_000;

/** Who listens where and when, by sockets, by addresses of pods, and by what clouds say of managed databases. */
export function listenIndexOf(building: Building): ListenIndex<InstanceDraft> {
  const { context } = building;
  const index = new ListenIndex<InstanceDraft>({
    tolerance: context.staleness + CLOCK_SKEW,
    groupOf: (instance) => instance.application,
  });
  for (const { labels } of context.named(N.netInterfaceIp))
    index.addNodeIp(labels.ip ?? '', {
      cluster: context.clusterOf(labels),
      node: labels.machine_id ?? '',
    });
  findHostNetworks(building, index);
  for (const series of context.named(C.tcpListen)) addSocket(building, index, series);
  addPods(building, index);
  return index;
}

/** A container with a socket on the address of its node's interface has no network of its own. */
function findHostNetworks({ context, registry }: Building, index: ListenIndex<InstanceDraft>): void {
  for (const series of context.named(C.tcpListen)) {
    const container = registry.containerOf(series);
    if (!container || series.labels.proxy || container.place.netns === container.node) continue;
    const { host } = parseEndpoint(series.labels.listen_addr ?? '');
    if (isLoopback(host) || isWildcard(host) || !index.isNodeIp(host, container.place.cluster)) continue;
    container.place = { ...container.place, netns: container.node };
  }
}

function addSocket({ context, registry }: Building, index: ListenIndex<InstanceDraft>, series: Series): void {
  const container = registry.containerOf(series);
  const address = series.labels.listen_addr;
  if (!container || !address) return;
  const open = positiveInstants(series);
  const { instance, place } = container;
  const published = Boolean(series.labels.proxy);
  const shared = place.netns === container.node || published;
  const own = isWildcard(parseEndpoint(address).host) && !shared ? instance.pod?.addresses : undefined;
  for (const life of livesOf(open, context.heartbeat(container.node), context)) {
    const owner = { subject: instance, place, published, ...life };
    index.add(address, owner, shared);
    for (const { ip } of own ?? []) index.add(`[${ip}]:${parseEndpoint(address).port}`, owner, shared);
  }
}

interface Life {
  readonly from: number;
  readonly to: number;
}

/**
 * Stretches in which something was there, by the times it was seen. What its source has always seen, it may have been
 * there before; what it saw last, it may still be.
 */
export function livesOf(seen: Instants, source: Instants, context: BuildContext): readonly Life[] {
  const first = seen[0];
  const last = seen.at(-1);
  if (first === undefined || last === undefined) return [];
  const watchedSince = source[0] ?? Infinity;
  const staleness = context.stalenessOf({ timestamps: seen });
  const lives: Life[] = [];
  let from = first - watchedSince > staleness ? first : -Infinity;
  for (const gap of downtimesOf(seen, source, staleness)) {
    lives.push({ from, to: Math.max(gap.from, from + 1) });
    if (gap.to === undefined) return lives;
    from = gap.to;
  }
  lives.push({ from, to: Infinity });
  return lives;
}

/** Pods have an address of their own while they live, whatever their ports. */
function addPods({ context, registry, kubernetes }: Building, index: ListenIndex<InstanceDraft>): void {
  const watched = mergeInstants(context.named(K.podInfo).map(({ timestamps }) => timestamps));
  const staleness = context.stalenessOf({ timestamps: watched });
  const instances = new Map<object, InstanceDraft>();
  for (const application of registry.applications.values())
    for (const instance of application.instances.values())
      if (instance.pod) instances.set(instance.pod, instance);
  for (const pod of kubernetes.pods.values()) {
    const subject = instances.get(pod);
    if (subject === undefined) continue;
    const place = { cluster: pod.cluster, node: subject.node, netns: '' };
    for (const { ip, from, to } of pod.addresses) {
      const born = from - watched[0]! > staleness;
      const ended = watched.at(-1)! - to > staleness;
      index.addHost(ip, {
        subject,
        place,
        from: born ? from : -Infinity,
        to: ended ? Math.max(to, from + 1) : Infinity,
      });
    }
  }
}
