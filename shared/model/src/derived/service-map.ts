import { REQUEST_SOURCES } from '@gumshoe/schema/metrics/requests';
import type { ApplicationId, ApplicationKind, Evidence, Health } from '../entities.ts';
import type { Application, ConnectionState, Dependency, Instance, World } from '../world.ts';

/** Judgement of one application, from the inspections. */
export interface MapNodeState {
  readonly health: Health;
  readonly reasons: readonly string[];
  readonly requestRate: number;
  readonly errorRatio: number;
  /** seconds */
  readonly p99: number;
}

/** Judgement of one dependency. */
export interface MapEdgeState extends MapNodeState {
  readonly averageLatency: number;
  readonly failedConnects: number;
  readonly bytesPerSecond: number;
  readonly evidence: readonly Evidence[];
}

export interface MapNode extends MapNodeState {
  readonly id: ApplicationId;
  readonly name: string;
  readonly type?: string;
  readonly kind: ApplicationKind;
  /** Where samples of several clusters are merged. */
  readonly cluster?: string;
  readonly category?: string;
  readonly instances: { readonly up: number; readonly known: number };
}

export interface MapEdge extends MapEdgeState {
  readonly client: ApplicationId;
  readonly server: ApplicationId;
  /** As seen on the wire, else as spans say; `otel` where these do not say, `tcp` where nobody knows. */
  readonly protocols: readonly string[];
  readonly connection?: ConnectionState;
  /** Client and server are in two clusters. */
  readonly crossesClusters?: boolean;
}

/** The graph of applications, with judgements from outside; nodes and edges in the world's order. */
export function serviceMap(
  world: World,
  judgeNode: (application: Application) => MapNodeState,
  judgeEdge: (dependency: Dependency) => MapEdgeState,
): { readonly nodes: readonly MapNode[]; readonly edges: readonly MapEdge[] } {
  return {
    nodes: world.applications.map((application) => ({
      id: application.id,
      name: application.name,
      ...(application.type === undefined ? {} : { type: application.type }),
      kind: application.kind,
      ...(application.cluster === undefined ? {} : { cluster: application.cluster }),
      category: application.category,
      instances: countInstances(application),
      ...judgeNode(application),
    })),
    edges: world.dependencies.map((dependency) => mapEdge(dependency, judgeEdge(dependency))),
  };
}

export function mapEdge(dependency: Dependency, state: MapEdgeState): MapEdge {
  const { client, server, connection, crossesClusters } = dependency;
  return { client, server, protocols: protocolsOf(dependency), connection, crossesClusters, ...state };
}

/** Replaced and finished instances are history, not part of what should run. */
export function countInstances(application: Application): { readonly up: number; readonly known: number } {
  const known = application.instances.filter((instance) => !isPast(instance));
  return { up: known.filter((instance) => instance.state === 'up').length, known: known.length };
}

export const isPast = ({ state }: Instance): boolean => state === 'replaced' || state === 'finished';

function protocolsOf({ requests, spoken }: Dependency): readonly string[] {
  const sources = new Set(requests.map(({ protocol }) => protocol));
  const seen = REQUEST_SOURCES.filter((source) => sources.has(source) && source !== 'otel');
  if (!sources.has('otel')) return seen.length > 0 ? seen : ['tcp'];
  const told = spoken.length > 0 ? spoken : ['otel'];
  return [...seen, ...told.filter((one) => !seen.some((source) => source === one))];
}
