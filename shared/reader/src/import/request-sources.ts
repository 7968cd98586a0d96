import type { Labels } from '@gumshoe/base/series';
import { serviceOf } from './foreign-labels.ts';

/** Who answered and who asked; '' where nobody says. */
export interface Call {
  readonly server: string;
  readonly client: string;
}

/** A histogram of durations, by its name without `_bucket`, `_sum`, `_count`; `scale` makes seconds of its unit. */
export interface DurationSource {
  readonly name: string;
  readonly scale: number;
}

/** How one system counts requests. */
export interface RequestSource {
  /** The counter of requests; also the `_count` of a histogram. */
  readonly count: string;
  /** Counts the failed ones of `count`, where no label tells. */
  readonly failures?: string;
  readonly durations: readonly DurationSource[];
  /** The same as callers took them, where both are counted. */
  readonly waits?: readonly DurationSource[];
  readonly call: (labels: Labels) => Call | undefined;
  readonly failed: (labels: Labels) => boolean;
  readonly operation?: (labels: Labels) => string;
}

const SECONDS = 1;
const MILLISECONDS = 0.001;
const isServerError = (code = ''): boolean => code.startsWith('5') || code === '0';
const isGrpcError = (code = ''): boolean => code !== '' && !/^(0|OK)$/i.test(code);

/** Istio's standard labels. */
function mesh(labels: Labels): Call | undefined {
  const server =
    labels['destination_canonical_service'] ?? labels['destination_workload'] ?? labels['destination_app'];
  const service = labels['destination_service_name'] ?? hostName(labels['destination_service']);
  const client = labels['source_canonical_service'] ?? labels['source_workload'] ?? labels['source_app'];
  const known = [server, service].find((name) => name && name !== 'unknown' && name !== 'PassthroughCluster');
  return known
    ? { server: known, client: client === undefined || client === 'unknown' ? '' : client }
    : undefined;
}

/** The first part of a name inside a cluster, and of an authority its host. */
export function hostName(authority = ''): string | undefined {
  const host = authority.replace(/:\d+$/, '');
  const inside = /^([^.]+)(\.[^.]+)?\.svc(\.|$)/.exec(host);
  return (inside?.[1] ?? host) || undefined;
}

export const ISTIO: RequestSource = {
  count: 'istio_requests_total',
  durations: [
    { name: 'istio_request_duration_milliseconds', scale: MILLISECONDS },
    { name: 'istio_request_duration_seconds', scale: SECONDS },
  ],
  call: mesh,
  failed: (labels) => isServerError(labels['response_code']) || isGrpcError(labels['grpc_response_status']),
};

/** Linkerd's proxy: labels of the pod it belongs to, and `dst_` of whom it speaks to. */
const LINKERD: RequestSource = {
  count: 'response_total',
  durations: [{ name: 'response_latency_ms', scale: MILLISECONDS }],
  call: (labels) => {
    const own =
      labels['deployment'] ?? labels['statefulset'] ?? labels['daemonset'] ?? labels['workload_name'];
    if (!own || !labels['direction']) return undefined;
    if (labels['direction'] === 'inbound')
      return {
        server: own,
        client: labels['client_id'] ? (hostName(labels['client_id'].split('.')[0]) ?? '') : '',
      };
    const server =
      labels['dst_deployment'] ??
      labels['dst_statefulset'] ??
      labels['dst_service'] ??
      hostName(labels['authority']);
    return server ? { server, client: own } : undefined;
  },
  failed: (labels) =>
    labels['classification'] === 'failure' ||
    isServerError(labels['status_code']) ||
    isGrpcError(labels['grpc_status']),
};

export const MESHES: readonly RequestSource[] = [ISTIO, LINKERD];

const graphCall = (labels: Labels): Call | undefined =>
  labels['server']
    ? { server: labels['server'], client: labels['client'] === 'user' ? '' : (labels['client'] ?? '') }
    : undefined;

const GRAPH_WAITS: readonly DurationSource[] = [
  { name: 'traces_service_graph_request_client_seconds', scale: SECONDS },
  { name: 'traces_service_graph_request_client', scale: SECONDS },
];

/** Tempo's and the Collector's service graph: edges between services, measured by the client where it can be. */
export const SERVICE_GRAPH: RequestSource = {
  count: 'traces_service_graph_request_total',
  failures: 'traces_service_graph_request_failed_total',
  durations: [
    { name: 'traces_service_graph_request_server_seconds', scale: SECONDS },
    { name: 'traces_service_graph_request_server', scale: SECONDS },
    ...GRAPH_WAITS,
    { name: 'traces_service_graph_request_duration_seconds', scale: SECONDS },
  ],
  waits: GRAPH_WAITS,
  call: graphCall,
  failed: (labels) => labels['failed'] === 'true',
};

/** Requests that a service itself says it answered; nothing says who asked. */
const served = (labels: Labels): Call | undefined => {
  const server = serviceOf(labels);
  return server ? { server, client: '' } : undefined;
};

const spanServed = (labels: Labels): Call | undefined =>
  /SERVER|CONSUMER/i.test(labels['span_kind'] ?? '') ? served(labels) : undefined;

const SPAN_DURATIONS: readonly DurationSource[] = [
  { name: 'traces_span_metrics_duration_milliseconds', scale: MILLISECONDS },
  { name: 'traces_span_metrics_duration', scale: MILLISECONDS },
  { name: 'traces_span_metrics_duration_seconds', scale: SECONDS },
  { name: 'traces_spanmetrics_duration_milliseconds', scale: MILLISECONDS },
  { name: 'traces_spanmetrics_duration_seconds', scale: SECONDS },
  { name: 'traces_spanmetrics_latency', scale: SECONDS },
  { name: 'duration_milliseconds', scale: MILLISECONDS },
  { name: 'duration_seconds', scale: SECONDS },
  { name: 'duration', scale: MILLISECONDS },
  { name: 'latency', scale: MILLISECONDS },
];

/** The Collector's, Tempo's and Jaeger's counts of spans, under all their names. */
export const SPAN_METRICS: readonly RequestSource[] = [
  'traces_span_metrics_calls_total',
  'traces_span_metrics_calls',
  'traces_spanmetrics_calls_total',
  'calls_total',
  'calls',
].map((count) => ({
  count,
  durations: SPAN_DURATIONS,
  call: spanServed,
  failed: (labels) => /ERROR/i.test(labels['status_code'] ?? ''),
  operation: (labels) => labels['span_name'] ?? labels['operation'] ?? '',
}));

/** Status labels of the instrumentation libraries in use. */
const httpFailed = (labels: Labels): boolean => {
  const code =
    labels['http_response_status_code'] ??
    labels['http_status_code'] ??
    labels['status_code'] ??
    labels['code'] ??
    labels['status'] ??
    labels['response_code'] ??
    '';
  return (
    /^5(\d\d|xx)$/i.test(code) ||
    /^(error|failed|failure)$/i.test(code) ||
    labels['outcome'] === 'SERVER_ERROR'
  );
};
const grpcFailed = (labels: Labels): boolean =>
  isGrpcError(
    labels['rpc_grpc_status_code'] ?? labels['rpc_response_status_code'] ?? labels['grpc_code'] ?? '',
  ) || (labels['error_type'] ?? '') !== '';

const own = (
  name: string,
  scale: number,
  failed: RequestSource['failed'],
  count = `${name}_count`,
): RequestSource => ({
  count,
  durations: [{ name, scale }],
  call: served,
  failed,
  operation: (labels) =>
    labels['http_route'] ??
    labels['rpc_method'] ??
    labels['grpc_method'] ??
    labels['uri'] ??
    labels['route'] ??
    labels['handler'] ??
    '',
});

/** What services count themselves over HTTP; of one service the first that it has. */
export const HTTP_SERVERS: readonly RequestSource[] = [
  own('http_server_request_duration_seconds', SECONDS, httpFailed),
  own('http_server_request_duration', SECONDS, httpFailed),
  own('http_server_duration_milliseconds', MILLISECONDS, httpFailed),
  own('http_server_duration', MILLISECONDS, httpFailed),
  own('http_server_requests_seconds', SECONDS, httpFailed),
  own('http_server_requests', MILLISECONDS, httpFailed),
  own('http_request_duration_seconds', SECONDS, httpFailed),
  own('http_request_duration_seconds', SECONDS, httpFailed, 'http_requests_total'),
  own('http_request_duration_milliseconds', MILLISECONDS, httpFailed),
  own('request_duration_seconds', SECONDS, httpFailed),
  own('flask_http_request_duration_seconds', SECONDS, httpFailed),
  own('http_requests', SECONDS, httpFailed, 'http_requests_received_total'),
];
/** The same over gRPC. */
export const RPC_SERVERS: readonly RequestSource[] = [
  own('rpc_server_duration_milliseconds', MILLISECONDS, grpcFailed),
  own('rpc_server_duration', MILLISECONDS, grpcFailed),
  own('rpc_server_call_duration_seconds', SECONDS, grpcFailed),
  own('rpc_server_call_duration', SECONDS, grpcFailed),
  own('grpc_server_handling_seconds', SECONDS, grpcFailed, 'grpc_server_handled_total'),
];

/** Whom a client says it called: its address, else what it calls the database or system. */
function called(labels: Labels): Call | undefined {
  const client = serviceOf(labels);
  const server =
    hostName(
      labels['server_address'] ?? labels['net_peer_name'] ?? labels['peer_service'] ?? labels['http_host'],
    ) ??
    labels['db_namespace'] ??
    labels['db_name'] ??
    labels['db_system_name'] ??
    labels['db_system'] ??
    labels['clientName'];
  return client && server && server !== client && server !== 'none' ? { server, client } : undefined;
}

const client = (name: string, scale: number, failed: RequestSource['failed']): RequestSource => ({
  count: `${name}_count`,
  durations: [{ name, scale }],
  call: called,
  failed,
});
const eitherFailed = (labels: Labels): boolean => httpFailed(labels) || grpcFailed(labels);

/** Calls as OpenTelemetry's client instruments count them: these make dependencies. */
export const CLIENTS: readonly RequestSource[] = [
  client('http_client_request_duration_seconds', SECONDS, eitherFailed),
  client('http_client_request_duration', SECONDS, eitherFailed),
  client('http_client_duration_milliseconds', MILLISECONDS, eitherFailed),
  client('http_client_duration', MILLISECONDS, eitherFailed),
  client('http_client_requests_seconds', SECONDS, eitherFailed),
  client('rpc_client_duration_milliseconds', MILLISECONDS, grpcFailed),
  client('rpc_client_duration', MILLISECONDS, grpcFailed),
  client('rpc_client_call_duration_seconds', SECONDS, grpcFailed),
  client('rpc_client_call_duration', SECONDS, grpcFailed),
  client('db_client_operation_duration_seconds', SECONDS, grpcFailed),
  client('db_client_operation_duration', SECONDS, grpcFailed),
];

/** Proxies in front of services. */
export const PROXIES: readonly RequestSource[] = [
  {
    count: 'nginx_ingress_controller_requests',
    durations: [{ name: 'nginx_ingress_controller_request_duration_seconds', scale: SECONDS }],
    call: ({ exported_service: exported, service, ingress }) =>
      proxied(exported ?? service ?? ingress, 'ingress-nginx'),
    failed: httpFailed,
  },
  {
    count: 'traefik_service_requests_total',
    durations: [{ name: 'traefik_service_request_duration_seconds', scale: SECONDS }],
    // NAMESPACE-NAME-PORT@PROVIDER
    call: ({ exported_service: exported, service }) =>
      proxied((exported ?? service)?.replace(/@.*$/, '').replace(/-(\d+|http|https|web)$/, ''), 'traefik'),
    failed: httpFailed,
  },
  {
    count: 'envoy_cluster_upstream_rq',
    durations: [{ name: 'envoy_cluster_upstream_rq_time', scale: MILLISECONDS }],
    call: envoyCall,
    failed: (labels) => isServerError(labels['envoy_response_code'] ?? labels['response_code']),
  },
  {
    count: 'envoy_cluster_upstream_rq_xx',
    durations: [{ name: 'envoy_cluster_upstream_rq_time', scale: MILLISECONDS }],
    call: envoyCall,
    failed: (labels) => labels['envoy_response_code_class'] === '5',
  },
];

const proxied = (server: string | undefined, client: string): Call | undefined =>
  server ? { server, client } : undefined;

/** `outbound|80||cart.shop.svc.cluster.local` of Istio's Envoy, or a name that somebody chose. */
function envoyCall(labels: Labels): Call | undefined {
  const cluster = labels['envoy_cluster_name'] ?? labels['cluster_name'] ?? '';
  const [direction, , , host] = cluster.split('|');
  const server = host === undefined ? cluster : direction === 'outbound' ? hostName(host) : undefined;
  if (!server || /^(xds|prometheus|agent|zipkin|sds|admin|BlackHole|Passthrough)/i.test(server))
    return undefined;
  return { server, client: serviceOf(labels) ?? '' };
}
