import { matchesGlob } from '@gumshoe/base/glob';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { Application, Instance, Node, ServiceExposure, World } from '@gumshoe/model/world';
import { hostOf, isPublicAddress } from './public-address.ts';

export type RiskKind =
  | 'db-internet-exposure'
  | 'unreplicated-database'
  | 'single-instance-app'
  | 'single-node-app'
  | 'single-az-app'
  | 'spot-only-app';

export const RISK_KINDS: readonly RiskKind[] = [
  'db-internet-exposure',
  'unreplicated-database',
  'single-instance-app',
  'single-node-app',
  'single-az-app',
  'spot-only-app',
];

/** Something that is not wrong yet. */
export interface Risk {
  readonly kind: RiskKind;
  readonly application: ApplicationId;
  readonly severity: 'warning' | 'critical';
  /** One sentence with what was seen. */
  readonly message: string;
  /** Somebody accepted it, for this reason. */
  readonly dismissed?: string;
}

/** Risks that somebody accepts. */
export interface RiskDismissal {
  /** Absent: all kinds. */
  readonly kind?: RiskKind;
  /** Glob on `namespace:Kind:name` or on the name. */
  readonly application: string;
  readonly reason: string;
}

/** Types that hold data or messages: nobody on the internet has business there. */
const STORES: ReadonlySet<string> = new Set(
  'postgres pgbouncer mysql mariadb redis valkey keydb dragonfly memcached mongodb mongos cassandra clickhouse elasticsearch opensearch kafka rabbitmq nats zookeeper etcd foundationdb'.split(
    ' ',
  ),
);
/** Types that can keep a second copy by replication. */
const REPLICABLE: ReadonlySet<string> = new Set(
  'postgres mysql mariadb redis valkey keydb dragonfly mongodb elasticsearch opensearch'.split(' '),
);
/** Runs where and when it must; one of it is no mistake. */
const NOT_SPREAD: ReadonlySet<string> = new Set([
  'DaemonSet',
  'Job',
  'CronJob',
  'StaticPods',
  'ExternalService',
]);
const SPOT = /^(spot|preemptible)$/i;

interface Placement {
  readonly world: World;
  readonly application: Application;
  readonly running: readonly Instance[];
  readonly nodes: readonly Node[];
}

/** Every risk of every application, in the order of applications and kinds. */
export function findRisks(world: World, dismissals: readonly RiskDismissal[] = []): readonly Risk[] {
  const byId = new Map(world.nodes.map((node) => [node.id, node]));
  return world.applications.flatMap((application) => {
    const running = application.instances.filter(({ state }) => state === 'up' || state === 'unknown');
    if (running.length === 0) return [];
    const nodes = [...new Set(running.map(({ node }) => node))].flatMap((id) => byId.get(id) ?? []);
    const placement = { world, application, running, nodes };
    return [exposure(placement), replication(placement), ...spreading(placement)].flatMap((risk) =>
      risk ? [dismiss(risk, application, dismissals)] : [],
    );
  });
}

function dismiss(risk: Risk, { id, name }: Application, dismissals: readonly RiskDismissal[]): Risk {
  const found = dismissals.find(
    ({ kind, application }) =>
      (kind === undefined || kind === risk.kind) &&
      (matchesGlob(application, id) || matchesGlob(application, name)),
  );
  return found ? { ...risk, dismissed: found.reason } : risk;
}

/** A store that listens on an address of the internet, or that a service of Kubernetes leads to from there. */
function exposure({ world, application, running, nodes }: Placement): Risk | undefined {
  if (!STORES.has(application.type ?? '')) return undefined;
  const own = new Set(nodes.flatMap(({ cloud }) => (cloud?.publicAddress ? [cloud.publicAddress] : [])));
  const open = [...new Set(running.flatMap(({ addresses }) => addresses))].filter((address) => {
    const host = hostOf(address);
    return own.has(host) || isPublicAddress(host);
  });
  const ways = [
    ...(open.length > 0 ? [`listens on ${open.slice(0, 3).join(', ')}`] : []),
    ...application.exposedBy.flatMap((service) => exposedAt(world, service)),
  ];
  if (ways.length === 0) return undefined;
  return {
    kind: 'db-internet-exposure',
    application: application.id,
    severity: 'critical',
    message: `${application.name} (${application.type}) ${ways.join(' and ')}, which the internet can reach unless a firewall forbids it.`,
  };
}

/** Names that clouds give to load balancers inside of a network. */
const INTERNAL_NAME = /^internal-|\.(internal|local|lan)$/i;

/** A load balancer at a public address or name; ports of nodes that have a public address. */
function exposedAt(
  { nodes }: World,
  { service, type, nodePorts, addresses }: ServiceExposure,
): readonly string[] {
  const isName = (address: string): boolean => !/^[\d.]+$|:/.test(address);
  const reached = addresses.filter((one) => (isName(one) ? !INTERNAL_NAME.test(one) : isPublicAddress(one)));
  if (reached.length > 0) return [`is served by ${type} ${service} at ${reached.slice(0, 3).join(', ')}`];
  const hosts = nodes.flatMap(({ cloud }) =>
    isPublicAddress(cloud?.publicAddress ?? '') ? [cloud!.publicAddress] : [],
  );
  const [host] = hosts;
  if (type !== 'NodePort' || host === undefined) return [];
  const port = nodePorts.length > 0 ? `port ${nodePorts.join(', ')} of ` : '';
  return [
    `is served by NodePort ${service} at ${port}${hosts.length === 1 ? host : `${hosts.length} nodes with public addresses such as ${host}`}`,
  ];
}

/** One copy of the data, and no connection to another server of its kind. */
function replication({ world, application, running }: Placement): Risk | undefined {
  const { type = '', upstreams, downstreams } = application;
  if (!REPLICABLE.has(type) || running.length > 1 || application.kind === 'ExternalService') return undefined;
  const peers = [...upstreams.map(({ server }) => server), ...downstreams.map(({ client }) => client)];
  const replicas = peers.filter((peer) => peer !== application.id && world.byId.get(peer)?.type === type);
  if (replicas.length > 0) return undefined;
  return {
    kind: 'unreplicated-database',
    application: application.id,
    severity: 'critical',
    message: `${application.name} (${type}) runs as one instance and no replica is connected: losing it loses data.`,
  };
}

/** Where one failure takes all of it. Only what somebody uses is worth a second instance. */
function spreading({ world, application, running, nodes }: Placement): readonly (Risk | undefined)[] {
  const { id, name, kind } = application;
  const used = application.downstreams.length > 0 || application.inbound.length > 0;
  if (NOT_SPREAD.has(kind) || !used) return [];
  const warn = (risk: RiskKind, message: string): Risk => ({
    kind: risk,
    application: id,
    severity: 'warning',
    message,
  });
  const zones = new Set(nodes.map(({ cloud }) => cloud?.zone ?? ''));
  const [zone = ''] = zones;
  const spot = nodes.length > 0 && nodes.every(({ cloud }) => SPOT.test(cloud?.lifeCycle ?? ''));
  const several = running.length > 1;
  return [
    several
      ? undefined
      : warn('single-instance-app', `${name} runs as one instance: while it restarts, nobody serves.`),
    several && nodes.length === 1 && world.nodes.length > 1
      ? warn(
          'single-node-app',
          `All ${running.length} instances of ${name} run on node ${nodes[0]!.hostname}, one of ${world.nodes.length}.`,
        )
      : undefined,
    several && nodes.length > 1 && zones.size === 1 && zone !== '' && zonesOf(world) > 1
      ? warn(
          'single-az-app',
          `All ${running.length} instances of ${name} run in zone ${zone}, one of ${zonesOf(world)}.`,
        )
      : undefined,
    spot
      ? warn('spot-only-app', `${name} runs on spot nodes only, which the cloud may take away all at once.`)
      : undefined,
  ];
}

const zonesOf = (world: World): number =>
  new Set(world.nodes.flatMap(({ cloud }) => (cloud?.zone ? [cloud.zone] : []))).size;
