import type { Labels } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { REQUEST_SOURCES, type RequestSource } from '@gumshoe/schema/metrics/requests';
import type { ApplicationId, InstanceId } from '../entities.ts';
import type { Call, Column, Dependency, DependencyEvidence, Link, TcpColumns } from '../world.ts';
import { connectionState } from './connection-state.ts';
import type { ContainerDraft, InstanceDraft } from './drafts.ts';
import type { RequestDraft } from './request-draft.ts';
import type { Resampler } from './resample.ts';

export interface DependencyDraft {
  readonly client: ApplicationId;
  readonly server: ApplicationId;
  readonly links: Map<string, MutableLink>;
  readonly requests: Map<RequestSource, RequestDraft>;
  /** How often spans say what is spoken. */
  readonly spoken: Map<string, number>;
  /** Callers and callees by the names their spans have, and when. */
  readonly calls: Map<string, MutableCall>;
  readonly tcp: TcpDraft;
  readonly evidence: Map<string, MutableEvidence>;
}

export type TcpColumn = Exclude<keyof TcpColumns, 'connectErrors'>;

/** Columns that few links need are made when the first series of them comes. */
export type TcpDraft = { -readonly [K in keyof Omit<TcpColumns, 'connectErrors'>]: TcpColumns[K] } & {
  connectErrors?: Map<string, Column>;
};

export interface MutableCall {
  readonly clientServiceName: string;
  readonly serverServiceName: string;
  from: number;
  to: number;
}

export interface MutableLink {
  readonly client: ContainerDraft;
  readonly server: InstanceDraft | undefined;
  readonly destination: string;
  readonly actualDestination: string;
  from: number;
  to: number;
}

interface MutableEvidence {
  series: number;
  readonly examples: Labels[];
}

/** Examples kept per metric of a dependency, and metrics kept. */
const MAX_EXAMPLES = 3;
const MAX_METRICS = 12;

export function newDependency(
  client: ApplicationId,
  server: ApplicationId,
  resampler: Resampler,
): DependencyDraft {
  const { empty } = resampler;
  return {
    client,
    server,
    links: new Map(),
    requests: new Map(),
    spoken: new Map(),
    calls: new Map(),
    tcp: {
      connects: empty,
      failedConnects: empty,
      retransmits: empty,
      bytesSent: empty,
      bytesReceived: empty,
      connectTime: empty,
      active: empty,
      rtt: empty,
    },
    evidence: new Map(),
  };
}

/** A column of one's own to write to, made when the first series of it comes. */
export function ownColumn(tcp: TcpDraft, name: TcpColumn, resampler: Resampler): Column {
  let column = tcp[name];
  if (column === undefined || column === resampler.empty) tcp[name] = column = resampler.column();
  return column;
}

/** Series come in the order of their labels, so the first examples are the least. */
export function noteEvidence({ evidence }: DependencyDraft, metric: string, labels: Labels): void {
  let known = evidence.get(metric);
  if (known === undefined) evidence.set(metric, (known = { series: 0, examples: [] }));
  known.series++;
  if (known.examples.length < MAX_EXAMPLES) known.examples.push(labels);
}

export interface Ends {
  readonly clientCluster: string;
  readonly serverCluster: string;
}

/** Freezes a draft; `instanceId` gives an instance's final name. */
export function finishDependency(
  draft: DependencyDraft,
  ends: Ends,
  instanceId: (instance: InstanceDraft) => InstanceId,
): Dependency {
  const links = [...draft.links.values()].map((link): Link => ({
    clientInstance: instanceId(link.client.instance),
    clientContainerId: link.client.containerId,
    ...(link.server ? { serverInstance: instanceId(link.server) } : {}),
    destination: link.destination,
    actualDestination: link.actualDestination,
    from: milliseconds(link.from),
    to: milliseconds(link.to),
  }));
  const calls = [...draft.calls.values()].map(({ from, to, ...names }): Call => ({
    ...names,
    from: milliseconds(from),
    to: milliseconds(to),
  }));
  const { clientCluster, serverCluster } = ends;
  return {
    client: draft.client,
    server: draft.server,
    links: sortedBy(links, linkKey),
    calls: sortedBy(calls, callKey),
    requests: REQUEST_SOURCES.flatMap((protocol) => draft.requests.get(protocol)?.finish() ?? []),
    spoken: [...draft.spoken]
      .sort(([a, often], [b, rarely]) => rarely - often || compareText(a, b))
      .map(([protocol]) => protocol),
    tcp: draft.tcp,
    connection: connectionState(draft.tcp),
    crossesClusters: clientCluster !== '' && serverCluster !== '' && clientCluster !== serverCluster,
    evidence: finishEvidence(draft),
    firstSeen: milliseconds(leastOf([...links, ...calls].map(({ from }) => from))),
    lastSeen: milliseconds(greatestOf([...links, ...calls].map(({ to }) => to))),
  };
}

function finishEvidence({ evidence }: DependencyDraft): readonly DependencyEvidence[] {
  return [...evidence]
    .map(([metric, { series, examples }]) => ({ metric, series, examples }))
    .sort((a, b) => b.series - a.series || compareText(a.metric, b.metric))
    .slice(0, MAX_METRICS);
}

const callKey = (call: Call): string => `${call.clientServiceName}\u0000${call.serverServiceName}`;
const linkKey = (link: Link): string =>
  `${link.clientInstance} ${link.clientContainerId} ${link.actualDestination} ${link.serverInstance} ${link.from}`;

function sortedBy<T>(list: readonly T[], key: (one: T) => string): readonly T[] {
  if (list.length < 2) return list;
  return list
    .map((one) => ({ one, key: key(one) }))
    .sort((a, b) => compareText(a.key, b.key))
    .map(({ one }) => one);
}

const leastOf = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);
const greatestOf = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
