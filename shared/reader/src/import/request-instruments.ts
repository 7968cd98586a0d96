import type { Labels } from '@gumshoe/base/series';
import { serviceOf } from './foreign-labels.ts';
import {
  hostName,
  isGrpcError,
  MILLISECONDS,
  SECONDS,
  served,
  type Call,
  type RequestSource,
} from './request-source.ts';

/** Status labels of the instrumentation libraries in use. */
export const httpFailed = (labels: Labels): boolean => {
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
