import { AWS_METRICS } from '@gumshoe/schema/metrics/aws';
import {
  CONTAINER_METRICS,
  DNS_METRICS,
  PROTOCOLS,
  REQUEST_METRICS,
} from '@gumshoe/schema/metrics/container';
import { KUBERNETES_METRICS } from '@gumshoe/schema/metrics/kubernetes';
import { NODE_METRICS } from '@gumshoe/schema/metrics/node';
import { POSTGRES_BACKUP_METRICS } from '@gumshoe/schema/metrics/postgres-backups';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';

import { CERTIFICATE_SERIES } from './build/certificates.ts';
import { CLOCK_SERIES } from './build/clocks.ts';
import { CONSUMER_LAG } from './build/consumer-lags.ts';
import { SIGNALS } from './build/containers.ts';
import { DATABASE_METRICS } from './build/databases.ts';
import { GO_RUNTIME } from './build/go-runtime.ts';
import { NODE_SERIES } from './build/nodes.ts';

const C = CONTAINER_METRICS;
const T = TRACE_METRICS;
const N = NODE_METRICS;

const requestMetrics = PROTOCOLS.flatMap((protocol) => {
  const m = REQUEST_METRICS[protocol];
  return [
    m.count.name,
    `${m.duration.name}_bucket`,
    `${m.duration.name}_sum`,
    m.inFlightAge.name,
    m.inbound.name,
    `${m.inboundDuration.name}_bucket`,
    `${m.inboundDuration.name}_sum`,
  ];
});

/** What readers work out from spans and log records. */
export const traceMetrics: readonly string[] = [
  T.requests.name,
  T.calls.name,
  `${T.duration.name}_bucket`,
  `${T.duration.name}_sum`,
  T.callTime.name,
  T.callFailures.name,
  T.selfTime.name,
  T.spans.name,
  T.failures.name,
  T.logMessages.name,
  T.serviceInfo.name,
];

/** Every metric the world is built from: what a reader must fetch, and what a snapshot must hold. */
export const modelMetrics: readonly string[] = [
  ...[
    C.info,
    C.restarts,
    C.applicationType,
    C.cpuLimit,
    C.cpuUsage,
    C.cpuThrottled,
    C.cpuDelay,
    C.memoryLimit,
    C.memoryRss,
    C.memoryPressure,
    C.oomKills,
    C.diskSize,
    C.diskUsed,
    C.tcpListen,
    C.tcpConnects,
    C.tcpConnectTime,
    C.tcpFailedConnects,
    C.tcpActive,
    C.tcpRetransmits,
    C.tcpResetsReceived,
    C.tcpResetsSent,
    C.tcpZeroWindows,
    C.tcpConnectErrors,
    C.tcpBytesSent,
    C.tcpBytesReceived,
    C.netLatency,
    C.logMessages,
    ...NODE_SERIES,
    ...Object.values(KUBERNETES_METRICS),
    ...Object.values(AWS_METRICS),
    DNS_METRICS.count,
    N.netInterfaceIp,
    N.ipToFqdn,
    ...GO_RUNTIME,
    ...CONSUMER_LAG,
    ...CLOCK_SERIES,
    ...CERTIFICATE_SERIES,
    ...DATABASE_METRICS,
    ...Object.values(POSTGRES_BACKUP_METRICS),
  ].map((metric) => metric.name),
  ...SIGNALS.map((metric) => metric.name),
  `${DNS_METRICS.duration.name}_bucket`,
  ...requestMetrics,
  ...traceMetrics,
];
