import type { Labels } from '@gumshoe/base/series';
import { serviceOf } from './foreign-labels.ts';
import { httpFailed } from './request-instruments.ts';
import {
  hostName,
  isGrpcError,
  isServerError,
  MILLISECONDS,
  SECONDS,
  served,
  type Call,
  type DurationSource,
  type RequestSource,
} from './request-source.ts';

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
