import { ratioColumn, sumColumns } from '@gumshoe/model/columns';
import type { Application, Column, Dependency, Instance, Node, OccupancyColumns } from '@gumshoe/model/world';
import { CONTAINER_METRICS as C, DNS_METRICS } from '@gumshoe/schema/metrics/container';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { DOTNET_METRICS } from '@gumshoe/schema/metrics/dotnet';
import { JVM_METRICS } from '@gumshoe/schema/metrics/jvm';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { NODEJS_METRICS } from '@gumshoe/schema/metrics/nodejs';
import { POSTGRES_METRICS } from '@gumshoe/schema/metrics/postgres';
import { PYTHON_METRICS } from '@gumshoe/schema/metrics/python';
import { REDIS_METRICS } from '@gumshoe/schema/metrics/redis';
import { matchLabel, rateWindow, selectApplication, selectDependency } from '../../evidence.ts';
import type { Frame } from '../frame.ts';
import type { CandidateDefinition } from './define.ts';
import { defineLevel, type LevelColumn } from './level.ts';

const rated = (selector: string, frame: Frame): string => `rate(${selector}${rateWindow(frame.world)})`;

/** A column of every instance that has it. */
const perInstance =
  (metric: MetricDefinition, pick: (instance: Instance) => Column | undefined) =>
  (application: Application, frame: Frame): readonly LevelColumn[] =>
    application.instances.flatMap((instance) => {
      const column = pick(instance);
      const selector = selectApplication(application, metric.name);
      const query = metric.type === 'counter' ? rated(selector, frame) : selector;
      return column ? [{ column, of: instance.id, instance: instance.id, query }] : [];
    });

const signalOf =
  (metric: MetricDefinition) =>
  (instance: Instance): Column | undefined =>
    instance.signals.get(metric.name);

/** A column of every edge into the application, summed over its clients. */
const perEdge =
  (metric: MetricDefinition, pick: (edge: Dependency) => Column | undefined) =>
  (application: Application, frame: Frame): readonly LevelColumn[] =>
    application.downstreams.flatMap((edge) => {
      const column = pick(edge);
      const of = `the way from ${frame.world.byId.get(edge.client)?.name ?? edge.client} to ${application.name}`;
      const query = `sum(${rated(selectDependency(edge, metric.name), frame)})`;
      return column ? [{ column, of, query }] : [];
    });

/** Share in use of something the nodes of an application have a fixed number of. */
const occupied =
  (used: MetricDefinition, limit: MetricDefinition, pick: (node: Node) => OccupancyColumns | undefined) =>
  (application: Application, { world }: Frame): readonly LevelColumn[] => {
    const ids = new Set(application.instances.map((one) => one.node));
    return world.nodes
      .filter((node) => ids.has(node.id))
      .flatMap((node) => {
        const columns = pick(node);
        const of = matchLabel('machine_id', [node.id]);
        const query = `${used.name}{${of}} / ${limit.name}{${of}}`;
        return columns
          ? [{ column: ratioColumn(columns.used, columns.limit), of: `node ${node.hostname}`, query }]
          : [];
      });
  };

/** Share of DNS queries that were not answered; a name that does not exist is an answer. */
function failedDns(application: Application, frame: Frame): readonly LevelColumn[] {
  const { dns } = application;
  if (!dns) return [];
  const { points } = frame.world.grid;
  const all = dns.questions.flatMap(({ byStatus }) => [...byStatus.values()]);
  const failed = dns.questions.flatMap(({ byStatus }) =>
    [...byStatus].flatMap(([status, column]) => (status === 'ok' || status === 'nxdomain' ? [] : [column])),
  );
  const column = ratioColumn(sumColumns(failed, points), sumColumns(all, points));
  const selector = selectApplication(application, DNS_METRICS.count.name);
  const bad = selectApplication(application, DNS_METRICS.count.name, 'status!~"ok|nxdomain"');
  const query = `sum(${rated(bad, frame)}) / sum(${rated(selector, frame)})`;
  return [{ column, of: application.name, query }];
}

function postgresConnections(application: Application, frame: Frame): readonly LevelColumn[] {
  return application.postgres.flatMap(({ address, connections, maxConnections, reservedConnections }) => {
    const left = (maxConnections ?? 0) - (reservedConnections ?? 0);
    if (!(left > 0)) return [];
    const limit = new Float64Array(frame.world.grid.points).fill(left);
    const of = matchLabel('address', [address]);
    const setting = `${POSTGRES_METRICS.setting.name}{name="max_connections",${of}}`;
    const query = `sum(${POSTGRES_METRICS.connections.name}{${of}}) / sum(${setting})`;
    return [{ column: ratioColumn(connections, limit), of: application.name, query }];
  });
}

function redisMemory(application: Application): readonly LevelColumn[] {
  return application.redis.flatMap(({ address, memoryUsed, memoryMax }) => {
    const of = matchLabel('address', [address]);
    const query = `${REDIS_METRICS.memoryUsed.name}{${of}} / ${REDIS_METRICS.memoryMax.name}{${of}}`;
    return [{ column: ratioColumn(memoryUsed, memoryMax), of: application.name, query }];
  });
}

/** Memory of the application's nodes that is in use. */
function nodeMemory(application: Application, { world }: Frame): readonly LevelColumn[] {
  const ids = new Set(application.instances.map((one) => one.node));
  return world.nodes
    .filter((node) => ids.has(node.id))
    .map((node) => {
      const of = matchLabel('machine_id', [node.id]);
      const used = ratioColumn(node.memoryAvailable, node.memoryTotal).map((share) => 1 - share);
      const query = `1 - ${N.memoryAvailable.name}{${of}} / ${N.memoryTotal.name}{${of}}`;
      return { column: used, of: `node ${node.hostname}`, query };
    });
}

/** Causes that show as the level of one column. */
export const LEVELS: readonly CandidateDefinition[] = [
  defineLevel({
    kind: 'cpu-throttled',
    title: 'Throttled at its CPU limit',
    signal: C.cpuThrottled.name,
    unit: 'ratio',
    columns: perInstance(C.cpuThrottled, (one) => one.cpuThrottled),
    range: [0.1, 0.4],
    growth: [1.5, 4],
    most: 0.85,
    measure: 'share of the time throttled',
    says: (name) => `${name} is throttled at its CPU limit`,
    remediation: (name) =>
      `Raise or remove the CPU limit of ${name}, or give it more replicas; then look for what needs the CPU.`,
  }),
  defineLevel({
    kind: 'gc-pause',
    title: 'Stopped for the garbage collector',
    signal: JVM_METRICS.gcTime.name,
    unit: 'ratio',
    columns: perInstance(JVM_METRICS.gcTime, signalOf(JVM_METRICS.gcTime)),
    range: [0.05, 0.3],
    growth: [1.5, 4],
    most: 0.85,
    measure: 'share of the time in the garbage collector',
    says: (name) => `${name} stops for its garbage collector`,
    remediation: (name) =>
      `Look at the heap of ${name} after collections: near its maximum it needs a larger heap or has a leak; a heap histogram names what grows.`,
  }),
  defineLevel({
    kind: 'safepoint-pause',
    title: 'Stopped at safepoints',
    signal: JVM_METRICS.safepointTime.name,
    unit: 'ratio',
    columns: perInstance(JVM_METRICS.safepointTime, signalOf(JVM_METRICS.safepointTime)),
    range: [0.05, 0.3],
    growth: [1.5, 4],
    most: 0.7,
    measure: 'share of the time at safepoints',
    says: (name) => `${name} is stopped at safepoints`,
    remediation: (name) =>
      `Log safepoints of ${name} (-Xlog:safepoint) and look for the operation that stops it.`,
  }),
  defineLevel({
    kind: 'event-loop',
    title: 'Event loop blocked',
    signal: NODEJS_METRICS.eventLoopBlocked.name,
    unit: 'ratio',
    columns: perInstance(NODEJS_METRICS.eventLoopBlocked, signalOf(NODEJS_METRICS.eventLoopBlocked)),
    range: [0.4, 0.85],
    growth: [1.3, 2.5],
    most: 0.85,
    measure: 'share of the time the event loop was blocked',
    says: (name) => `The event loop of ${name} is blocked by code that runs too long`,
    remediation: (name) =>
      `Take a CPU profile of ${name}: long synchronous work (JSON of large bodies, regular expressions, crypto) belongs in small steps or a worker.`,
  }),
  defineLevel({
    kind: 'interpreter-lock',
    title: 'Threads wait for the interpreter lock',
    signal: PYTHON_METRICS.lockWait.name,
    unit: 'ratio',
    columns: perInstance(PYTHON_METRICS.lockWait, signalOf(PYTHON_METRICS.lockWait)),
    range: [0.2, 1],
    growth: [2, 5],
    most: 0.85,
    measure: 'seconds per second that threads waited for the interpreter lock',
    says: (name) => `Threads of ${name} wait for the interpreter lock`,
    remediation: (name) =>
      `Run more processes of ${name} instead of threads, or move the computing out of the request.`,
  }),
  defineLevel({
    kind: 'thread-pool',
    title: 'Work queues for threads',
    signal: DOTNET_METRICS.queueLength.name,
    unit: 'count',
    columns: perInstance(DOTNET_METRICS.queueLength, signalOf(DOTNET_METRICS.queueLength)),
    range: [5, 50],
    growth: [3, 10],
    most: 0.75,
    measure: 'length of the thread pool queue',
    says: (name) => `The thread pool of ${name} is exhausted: work queues`,
    remediation: (name) =>
      `Look for blocking calls in ${name} (sync over async), and raise its least number of threads.`,
  }),
  defineLevel({
    kind: 'lock-contention',
    title: 'Threads contend for locks',
    signal: DOTNET_METRICS.lockContentions.name,
    unit: 'per-second',
    columns: perInstance(DOTNET_METRICS.lockContentions, signalOf(DOTNET_METRICS.lockContentions)),
    range: [20, 300],
    growth: [3, 10],
    most: 0.55,
    measure: 'lock contentions',
    says: (name) => `Threads of ${name} contend for locks`,
    remediation: (name) => `Take an off-CPU profile of ${name} to see which lock they wait for.`,
  }),
  defineLevel({
    kind: 'memory-pressure',
    title: 'Waits for memory',
    signal: C.memoryPressure.name,
    unit: 'ratio',
    columns: perInstance(C.memoryPressure, (one) => one.memoryPressure),
    range: [0.05, 0.4],
    growth: [2, 6],
    most: 0.75,
    measure: 'share of the time some of it waited for memory',
    says: (name) => `${name} waits for memory: pages are reclaimed and read again`,
    remediation: (name) => `Raise the memory limit of ${name} and look at what it keeps.`,
  }),
  defineLevel({
    kind: 'node-memory',
    title: 'Node out of memory',
    signal: N.memoryAvailable.name,
    unit: 'ratio',
    columns: nodeMemory,
    range: [0.94, 0.985],
    growth: [1.02, 1.1],
    most: 0.6,
    measure: 'memory in use',
    says: (_, { of }) => `${of[0]!.toUpperCase()}${of.slice(1)} has no memory left`,
    remediation: (_, { of }) => `Find what takes the memory of ${of} and limit it or move it away.`,
  }),
  defineLevel({
    kind: 'conntrack-full',
    title: 'Connection tracking table full',
    signal: N.conntrackEntries.name,
    unit: 'ratio',
    columns: occupied(N.conntrackEntries, N.conntrackLimit, (node) => node.conntrack),
    range: [0.9, 0.99],
    growth: [1.05, 1.3],
    most: 0.8,
    measure: 'tracked connections of the limit',
    says: (_, { of }) => `The connection tracking table of ${of} is full: new connections are dropped`,
    remediation: (_, { of }) =>
      `Raise net.netfilter.nf_conntrack_max on ${of}, and find who opens so many connections.`,
  }),
  defineLevel({
    kind: 'ports-exhausted',
    title: 'Ports exhausted',
    signal: N.ephemeralPortsUsed.name,
    unit: 'ratio',
    columns: occupied(N.ephemeralPortsUsed, N.ephemeralPorts, (node) => node.ephemeralPorts),
    range: [0.85, 0.98],
    growth: [1.05, 1.3],
    most: 0.8,
    measure: 'ports of clients in use',
    says: (_, { of }) => `${of[0]!.toUpperCase()}${of.slice(1)} has no ports left for new connections`,
    remediation: (_, { of }) =>
      `Reuse connections (keep-alive, pools) in what runs on ${of}, and widen net.ipv4.ip_local_port_range.`,
  }),
  defineLevel({
    kind: 'dns-failure',
    title: 'Names are not resolved',
    signal: DNS_METRICS.count.name,
    unit: 'ratio',
    columns: failedDns,
    range: [0.02, 0.25],
    growth: [2, 5],
    most: 0.85,
    measure: 'share of DNS queries that failed',
    says: (name) => `DNS queries of ${name} fail`,
    remediation: (name) =>
      `Ask the resolver that ${name} uses (/etc/resolv.conf of its container) for the same names, and look at the resolver’s own health.`,
  }),
  defineLevel({
    kind: 'connections-reset',
    title: 'Connections are reset',
    signal: C.tcpResetsReceived.name,
    unit: 'per-second',
    columns: perEdge(C.tcpResetsReceived, ({ tcp }) => tcp.resetsReceived),
    range: [0.1, 2],
    growth: [3, 10],
    most: 0.8,
    measure: 'connections reset',
    says: (name) => `${name} resets connections of its clients`,
    remediation: (name) =>
      `Look for crashes, idle timeouts shorter than those of its clients, and full queues in ${name} and in proxies before it.`,
  }),
  defineLevel({
    kind: 'receiver-stuck',
    title: 'Peer takes no more data',
    signal: C.tcpZeroWindows.name,
    unit: 'per-second',
    columns: perEdge(C.tcpZeroWindows, ({ tcp }) => tcp.zeroWindows),
    range: [0.02, 0.3],
    growth: [3, 10],
    most: 0.6,
    measure: 'connections found with a closed window',
    says: (name) => `${name} does not read what is sent to it`,
    remediation: (name) =>
      `Look for stuck threads in ${name}: who reads its sockets waits for something else.`,
  }),
  defineLevel({
    kind: 'accept-queue-full',
    title: 'Connections wait to be accepted',
    signal: C.tcpListenOverflows.name,
    unit: 'per-second',
    columns: perInstance(C.tcpListenOverflows, signalOf(C.tcpListenOverflows)),
    range: [0.02, 1],
    growth: [3, 10],
    most: 0.8,
    measure: 'connections dropped at a full accept queue',
    says: (name) => `${name} does not accept connections fast enough: its queue overflows`,
    remediation: (name) =>
      `Look for what blocks the accepting thread of ${name}; raise its backlog and net.core.somaxconn.`,
  }),
  defineLevel({
    kind: 'postgres-connections',
    title: 'Connections of PostgreSQL used up',
    signal: POSTGRES_METRICS.connections.name,
    unit: 'ratio',
    columns: postgresConnections,
    range: [0.9, 0.985],
    growth: [1.1, 1.6],
    most: 0.9,
    measure: 'share of the connections in use',
    says: (name) => `${name} has no connections left`,
    remediation: (name) =>
      `See who holds them (select client_addr, state, count(*) from pg_stat_activity group by 1, 2), end idle ones, and put a pooler before ${name}.`,
  }),
  defineLevel({
    kind: 'redis-memory',
    title: 'Redis out of memory',
    signal: REDIS_METRICS.memoryUsed.name,
    unit: 'ratio',
    columns: redisMemory,
    range: [0.95, 0.999],
    growth: [1.1, 1.5],
    most: 0.8,
    measure: 'share of the allowed memory in use',
    says: (name) => `${name} has no memory left: it evicts keys or refuses writes`,
    remediation: (name) =>
      `Look for what grew (redis-cli --bigkeys, INFO keyspace), set expiry times, or raise maxmemory of ${name}.`,
  }),
];
