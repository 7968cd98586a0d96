import { metricsOf } from './define.ts';

const PEER = ['destination', 'actual_destination'] as const;
const MOUNT = ['mount_point', 'device', 'volume'] as const;

export const CONTAINER_METRICS = metricsOf('container', {
  info: {
    name: 'container_info',
    type: 'gauge',
    unit: 'none',
    labels: ['image', 'systemd_triggered_by', 'systemd_type'],
    help: 'Image and unit facts.',
  },
  restarts: {
    name: 'container_restarts_total',
    type: 'counter',
    unit: 'count',
    help: 'Starts after the first.',
  },
  applicationType: {
    name: 'container_application_type',
    type: 'gauge',
    unit: 'none',
    labels: ['application_type'],
    help: 'Recognised software (postgres, redis, nginx, nodejs, python …).',
  },
  cpuLimit: {
    name: 'container_resources_cpu_limit_cores',
    type: 'gauge',
    unit: 'cores',
    help: 'CPU quota; absent when unlimited.',
  },
  cpuUsage: {
    name: 'container_resources_cpu_usage_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'CPU time used.',
  },
  cpuThrottled: {
    name: 'container_resources_cpu_throttled_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'Time throttled by the quota.',
  },
  cpuDelay: {
    name: 'container_resources_cpu_delay_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'Time runnable but waiting for a CPU, summed over processes.',
  },
  memoryLimit: {
    name: 'container_resources_memory_limit_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Memory limit; absent when unlimited.',
  },
  memoryRss: {
    name: 'container_resources_memory_rss_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Anonymous and mapped file memory.',
  },
  memoryCache: {
    name: 'container_resources_memory_cache_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Page cache.',
  },
  memoryPressure: {
    name: 'container_resources_memory_pressure_waiting_seconds_total',
    type: 'counter',
    unit: 'seconds',
    labels: ['kind'],
    help: 'PSI memory, kind some or full.',
  },
  cpuPressure: {
    name: 'container_resources_cpu_pressure_waiting_seconds_total',
    type: 'counter',
    unit: 'seconds',
    labels: ['kind'],
    help: 'PSI cpu, kind some or full.',
  },
  ioPressure: {
    name: 'container_resources_io_pressure_waiting_seconds_total',
    type: 'counter',
    unit: 'seconds',
    labels: ['kind'],
    help: 'PSI io, kind some or full.',
  },
  oomKills: {
    name: 'container_oom_kills_total',
    type: 'counter',
    unit: 'count',
    help: 'Processes killed for lack of memory.',
  },
  diskSize: {
    name: 'container_resources_disk_size_bytes',
    type: 'gauge',
    unit: 'bytes',
    labels: MOUNT,
    help: 'Size of a mounted volume.',
  },
  diskUsed: {
    name: 'container_resources_disk_used_bytes',
    type: 'gauge',
    unit: 'bytes',
    labels: MOUNT,
    help: 'Used space of a mounted volume.',
  },
  diskReserved: {
    name: 'container_resources_disk_reserved_bytes',
    type: 'gauge',
    unit: 'bytes',
    labels: MOUNT,
    help: 'Space of a mounted volume that only root may use.',
  },
  diskDelay: {
    name: 'container_resources_disk_delay_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'Time that processes waited for block devices, where the kernel accounts delays.',
  },
  diskIoDuration: {
    name: 'container_resources_disk_io_duration_seconds_total',
    type: 'histogram',
    unit: 'seconds',
    labels: ['device', 'operation'],
    help: 'Latency of block device requests charged to the container, by operation (read, write, discard, flush).',
  },
  diskIoBytes: {
    name: 'container_resources_disk_io_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: ['device', 'operation'],
    help: 'Bytes of block device requests charged to the container.',
  },
  diskReads: {
    name: 'container_resources_disk_reads_total',
    type: 'counter',
    unit: 'count',
    labels: MOUNT,
    help: 'Reads.',
  },
  diskReadBytes: {
    name: 'container_resources_disk_read_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: MOUNT,
    help: 'Bytes read.',
  },
  diskWrites: {
    name: 'container_resources_disk_writes_total',
    type: 'counter',
    unit: 'count',
    labels: MOUNT,
    help: 'Writes.',
  },
  diskWrittenBytes: {
    name: 'container_resources_disk_written_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: MOUNT,
    help: 'Bytes written.',
  },
  tcpListen: {
    name: 'container_net_tcp_listen_info',
    type: 'gauge',
    unit: 'none',
    labels: ['listen_addr', 'proxy'],
    help: '1 while listening, 0 after it closed.',
  },
  tcpListenOverflows: {
    name: 'container_net_tcp_listen_overflows_total',
    type: 'counter',
    unit: 'count',
    help: 'Connections that a full accept queue turned away in the network namespace of the container.',
  },
  tcpConnects: {
    name: 'container_net_tcp_successful_connects_total',
    type: 'counter',
    unit: 'count',
    labels: PEER,
    help: 'Connections opened.',
  },
  tcpConnectTime: {
    name: 'container_net_tcp_connection_time_seconds_total',
    type: 'counter',
    unit: 'seconds',
    labels: PEER,
    help: 'Time spent on opening connections.',
  },
  tcpFailedConnects: {
    name: 'container_net_tcp_failed_connects_total',
    type: 'counter',
    unit: 'count',
    labels: ['destination'],
    help: 'Connection attempts that failed.',
  },
  tcpConnectErrors: {
    name: 'container_net_tcp_connect_errors_total',
    type: 'counter',
    unit: 'count',
    labels: ['destination', 'error_type'],
    help: 'Connection attempts that failed, by reason: refused, timed_out, unreachable, cancelled, other.',
  },
  tcpActive: {
    name: 'container_net_tcp_active_connections',
    type: 'gauge',
    unit: 'count',
    labels: PEER,
    help: 'Open connections.',
  },
  tcpRetransmits: {
    name: 'container_net_tcp_retransmits_total',
    type: 'counter',
    unit: 'count',
    labels: PEER,
    help: 'Segments sent again.',
  },
  tcpResetsReceived: {
    name: 'container_net_tcp_resets_received_total',
    type: 'counter',
    unit: 'count',
    labels: PEER,
    help: 'Open connections that the peer reset.',
  },
  tcpResetsSent: {
    name: 'container_net_tcp_resets_sent_total',
    type: 'counter',
    unit: 'count',
    labels: PEER,
    help: 'Open connections reset from this side.',
  },
  tcpZeroWindows: {
    name: 'container_net_tcp_zero_windows_total',
    type: 'counter',
    unit: 'count',
    labels: PEER,
    help: 'Times a look at a connection, once per interval, first found that the peer takes no more data.',
  },
  tcpZeroWindowConnections: {
    name: 'container_net_tcp_zero_window_connections',
    type: 'gauge',
    unit: 'count',
    labels: PEER,
    help: 'Connections whose peer took no more data at the last look.',
  },
  tcpBytesSent: {
    name: 'container_net_tcp_bytes_sent_total',
    type: 'counter',
    unit: 'bytes',
    labels: PEER,
    help: 'Bytes sent.',
  },
  tcpBytesReceived: {
    name: 'container_net_tcp_bytes_received_total',
    type: 'counter',
    unit: 'bytes',
    labels: PEER,
    help: 'Bytes received.',
  },
  netLatency: {
    name: 'container_net_latency_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['destination_ip'],
    help: 'Round-trip time to a peer, from TCP itself.',
  },
  logMessages: {
    name: 'container_log_messages_total',
    type: 'counter',
    unit: 'count',
    labels: ['source', 'level', 'pattern_hash', 'sample'],
    help: 'Log messages by level and pattern.',
  },
});

/**
 * Label names of one direction of one L7 protocol. Outbound carries the peer, inbound the status only. `also`: further
 * labels of the counts.
 */
function requests(stem: string, protocol: string, also: readonly string[] = []) {
  return metricsOf('container', {
    count: {
      name: `container_${stem}_total`,
      type: 'counter',
      unit: 'count',
      labels: [...PEER, 'status', ...also],
      help: `${protocol} requests sent, by destination and status.`,
    },
    duration: {
      name: `container_${stem}_duration_seconds_total`,
      type: 'histogram',
      unit: 'seconds',
      labels: PEER,
      help: `${protocol} latency as the client sees it.`,
    },
    inFlightAge: {
      name: `container_${stem}_in_flight_age_seconds`,
      type: 'gauge',
      unit: 'seconds',
      labels: PEER,
      help: `Age of the oldest ${protocol} request still waiting for its response.`,
    },
    inbound: {
      name: `container_${stem.replace('_', '_inbound_')}_total`,
      type: 'counter',
      unit: 'count',
      labels: ['status', ...also],
      help: `${protocol} requests served, by status.`,
    },
    inboundDuration: {
      name: `container_${stem.replace('_', '_inbound_')}_duration_seconds_total`,
      type: 'histogram',
      unit: 'seconds',
      help: `${protocol} latency as the server sees it.`,
    },
    inboundInFlightAge: {
      name: `container_${stem.replace('_', '_inbound_')}_in_flight_age_seconds`,
      type: 'gauge',
      unit: 'seconds',
      help: `Age of the oldest ${protocol} request that is being served.`,
    },
  });
}

/** L7 metrics by protocol. Keys are the protocol names used everywhere (spans, model, views). */
export const REQUEST_METRICS = {
  http: requests('http_requests', 'HTTP'),
  postgres: requests('postgres_queries', 'PostgreSQL'),
  redis: requests('redis_queries', 'Redis'),
  mysql: requests('mysql_queries', 'MySQL'),
  memcached: requests('memcached_queries', 'Memcached'),
  mongodb: requests('mongo_queries', 'MongoDB'),
  kafka: requests('kafka_requests', 'Kafka'),
  cassandra: requests('cassandra_queries', 'Cassandra'),
  nats: requests('nats_messages', 'NATS', ['method']),
  amqp: requests('rabbitmq_messages', 'AMQP 0-9-1', ['method']),
  dubbo2: requests('dubbo_requests', 'Dubbo 2'),
  clickhouse: requests('clickhouse_queries', 'ClickHouse'),
  zookeeper: requests('zookeeper_requests', 'ZooKeeper'),
  foundationdb: requests('foundationdb_requests', 'FoundationDB'),
} as const;

/** DNS queries: by type and bounded name, with the rcode as status. */
export const DNS_METRICS = metricsOf('container', {
  count: {
    name: 'container_dns_requests_total',
    type: 'counter',
    unit: 'count',
    labels: ['request_type', 'domain', 'status'],
    help: 'DNS queries, by type, name and status.',
  },
  duration: {
    name: 'container_dns_requests_duration_seconds_total',
    type: 'histogram',
    unit: 'seconds',
    help: 'DNS latency as the client sees it.',
  },
  inbound: {
    name: 'container_dns_inbound_requests_total',
    type: 'counter',
    unit: 'count',
    labels: ['status'],
    help: 'DNS queries served, by status.',
  },
  inboundDuration: {
    name: 'container_dns_inbound_requests_duration_seconds_total',
    type: 'histogram',
    unit: 'seconds',
    help: 'DNS latency as the server sees it.',
  },
});

export type Protocol = keyof typeof REQUEST_METRICS;
export const PROTOCOLS = Object.keys(REQUEST_METRICS) as readonly Protocol[];

/** Histogram bounds in seconds, as counted in the kernel (bpf/include/events.h); +Inf is implied. */
export const LATENCY_BOUNDS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;
