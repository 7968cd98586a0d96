/**
 * Attribute keys of spans, logs and resources. OpenTelemetry semantic conventions 1.30 where one exists,
 * `gumshoe.*` for our own.
 */
export const RESOURCE_ATTRIBUTES = {
  serviceName: 'service.name',
  containerId: 'container.id',
  hostName: 'host.name',
  hostId: 'host.id',
  processPid: 'process.pid',
} as const;

export const SPAN_ATTRIBUTES = {
  httpMethod: 'http.request.method',
  httpStatus: 'http.response.status_code',
  urlPath: 'url.path',
  dbSystem: 'db.system.name',
  dbQuery: 'db.query.text',
  dbOperation: 'db.operation.name',
  dbCollection: 'db.collection.name',
  /** Database, schema or keyspace. */
  dbNamespace: 'db.namespace',
  /** The server's own error code: SQLSTATE, errno, error name. */
  dbStatus: 'db.response.status_code',
  messagingSystem: 'messaging.system',
  messagingDestination: 'messaging.destination.name',
  messagingOperation: 'messaging.operation.name',
  /** send, receive, settle, create. */
  messagingOperationType: 'messaging.operation.type',
  messagingClient: 'messaging.client.id',
  messagingConsumerGroup: 'messaging.consumer.group.name',
  messagingRoutingKey: 'messaging.rabbitmq.destination.routing_key',
  rpcSystem: 'rpc.system',
  rpcService: 'rpc.service',
  rpcMethod: 'rpc.method',
  rpcGrpcStatus: 'rpc.grpc.status_code',
  /** Low-cardinality name of what went wrong. */
  errorType: 'error.type',
  /** Version of the application protocol, where it differs from request to request. */
  protocolVersion: 'network.protocol.version',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  clientAddress: 'client.address',
  clientPort: 'client.port',
  /** Who answered, where the address that was dialled (server.address) is translated. */
  peerAddress: 'network.peer.address',
  peerPort: 'network.peer.port',
  /** How the parent was found: wire, thread or order (inferred). Decision 0001. */
  parentLink: 'gumshoe.parent.link',
  /** Why the span was kept: sampled, failed, slow; comma-separated. */
  keptBecause: 'gumshoe.kept',
  /** Share of requests like this one whose span was kept: each stands for 1 / ratio of them. */
  samplingRatio: 'gumshoe.sampling.ratio',
  protocol: 'gumshoe.protocol',
  /** Why a request could be counted but not read: tls, compressed. */
  opaque: 'gumshoe.opaque',
  /** 'true' for commands that wait for something to happen, and for streams; their latency says nothing about the server. */
  blocking: 'gumshoe.blocking',
} as const;

/** Scope name of spans made from kernel events; tells them from applications' own. */
export const EBPF_SCOPE_NAME = 'gumshoe.collector.ebpf';

/** Log attribute that carries the pattern hash (shared/text). */
export const LOG_PATTERN_HASH = 'pattern.hash';

/** Why Kubernetes made an event of a log record, as the Collector's receivers and Coroot's cluster agent call it. */
export const EVENT_REASON_ATTRIBUTES = ['k8s.event.reason', 'event.reason'] as const;

/** What makes an event of a log record: Kubernetes' reason, or a name of its own (OpenTelemetry). */
export const EVENT_ATTRIBUTES = ['event.name', ...EVENT_REASON_ATTRIBUTES] as const;

export const isEventRecord = (attributes: Readonly<Record<string, string>>): boolean =>
  EVENT_ATTRIBUTES.some((name) => attributes[name] !== undefined);
