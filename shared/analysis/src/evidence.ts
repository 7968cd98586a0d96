import { SECOND, type TimeRange } from '@gumshoe/base/time';
import type { Labels } from '@gumshoe/base/series';
import { splitAddress } from '@gumshoe/model/build/listen-index';
import type { Evidence } from '@gumshoe/model/entities';
import type { Application, Dependency, Instance, Node, World } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { isTraceMetric } from '@gumshoe/schema/metrics/trace';

const REGEX_SPECIAL = /[.*+?^${}()|[\]\\]/g;

/** Label matcher for one or several values, quoted for PromQL. */
export function matchLabel(label: string, values: readonly string[]): string {
  const distinct = [...new Set(values)];
  if (distinct.length === 1) return `${label}=${JSON.stringify(distinct[0])}`;
  const pattern = distinct.map(escapePattern).join('|');
  return `${label}=~${JSON.stringify(pattern)}`;
}

/** Of several clusters the one; samples that name none are the only cluster's. */
export const matchCluster = (cluster: string | undefined): readonly string[] =>
  cluster === undefined ? [] : [`cluster=~${JSON.stringify(`${escapePattern(cluster)}|`)}`];

const escapePattern = (text: string): string => text.replace(REGEX_SPECIAL, '\\$&');

/** `metric{container_id…}` for all containers of an application (for what spans say: its names), with further matchers. */
export function selectApplication(
  application: Pick<Application, 'instances' | 'serviceNames' | 'cluster'>,
  metric: string,
  ...more: readonly string[]
): string {
  if (isTraceMetric(metric))
    return `${metric}{${[matchLabel('service_name', application.serviceNames), ...more].join(',')}}`;
  const ids = application.instances.flatMap((instance) => instance.containerIds);
  const matchers = [matchLabel('container_id', ids), ...matchCluster(application.cluster), ...more];
  return `${metric}{${matchers.join(',')}}`;
}

/** `metric{container_id…}` for the containers of one instance. */
export function selectInstance(
  instance: Pick<Instance, 'containerIds' | 'node'>,
  metric: string,
  ...more: readonly string[]
): string {
  const matchers = [matchLabel('container_id', instance.containerIds), ...matchNode(instance.node), ...more];
  return `${metric}{${matchers.join(',')}}`;
}

/** Where clusters have machines of equal ids, a node is called `cluster/machine_id`. */
function matchNode(id: string): readonly string[] {
  const slash = id.lastIndexOf('/');
  return [
    ...(slash > 0 ? [matchLabel('cluster', [id.slice(0, slash)])] : []),
    ...(id === '' ? [] : [matchLabel('machine_id', [id.slice(slash + 1)])]),
  ];
}

/** `metric{machine_id…}` */
export function selectNode(node: Pick<Node, 'id'>, metric: string, ...more: readonly string[]): string {
  return `${metric}{${[...matchNode(node.id), ...more].join(',')}}`;
}

/** `metric{client container, destination}` for everything seen between two applications. */
export function selectDependency(dependency: Dependency, metric: string, ...more: readonly string[]): string {
  if (isTraceMetric(metric)) return selectCalls(dependency, metric, more);
  const clients = dependency.links.map((link) => link.clientContainerId);
  const destinations = dependency.links.map((link) => link.destination);
  const matchers = [matchLabel('container_id', clients), matchLabel('destination', destinations), ...more];
  return `${metric}{${matchers.join(',')}}`;
}

function selectCalls({ calls }: Dependency, metric: string, more: readonly string[]): string {
  const servers = calls.map((call) => call.serverServiceName);
  const clients = calls.map((call) => call.clientServiceName);
  const matchers = [matchLabel('service_name', servers), matchLabel('client_service_name', clients), ...more];
  return `${metric}{${matchers.join(',')}}`;
}

/** Round trips between two applications: they carry the peer's address, before and after NAT, without its port. */
export function selectRoundTrips({ links }: Dependency): string {
  const clients = links.map((link) => link.clientContainerId);
  const peers = links.flatMap((link) => [bare(link.destination), bare(link.actualDestination)]);
  return `${CONTAINER_METRICS.netLatency.name}{${matchLabel('container_id', clients)},${matchLabel('destination_ip', peers)}}`;
}

/** The label has no brackets around IPv6. */
const bare = (address: string): string => splitAddress(address).ip.replace(/^\[|\]$/g, '');

/** A series that was scraped from elsewhere, by all of its labels. */
export const selectScraped = (metric: string, { __name__: _name, ...labels }: Labels): string =>
  `${metric}{${Object.entries(labels)
    .map(([name, value]) => `${quoteName(name)}=${JSON.stringify(value)}`)
    .join(',')}}`;

/** Names of labels beyond letters, digits and underscores are quoted. */
const quoteName = (name: string): string => (/^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name));

/** `[60s]` or wider, so that several samples fall into it. */
export function rateWindow(world: Pick<World, 'interval'>): string {
  const seconds = Math.max(30, Math.ceil((4 * world.interval) / SECOND));
  return `[${seconds}s]`;
}

export function promqlEvidence(query: string, range: TimeRange, summary: string): Evidence {
  return { kind: 'promql', query, from: range.from, to: range.to, summary };
}
