import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Metadata } from '@grpc/grpc-js';
import { ROOT_CONTEXT, SeverityNumber, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPLogExporter as LogsGrpc } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as LogsHttp } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as LogsProto } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as MetricsGrpc } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as MetricsHttp } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as MetricsProto } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as TracesGrpc } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as TracesHttp } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as TracesProto } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { createClient } from '@clickhouse/client';
import { startStore } from '../../embedded/testdata/store-process.ts';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));
const KEY = 'sesame-4711';

interface Running {
  readonly child: ChildProcess;
  readonly clickhouse: string;
  readonly prometheus: string;
  readonly http: string;
  readonly grpc: string;
  readonly listen: string;
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'gumshoe-otlp-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function start(t: TestContext): Promise<Running> {
  const dir = folder(t);
  const store = await startStore(join(dir, 'store'));
  t.after(() => store.stop('SIGKILL'));
  writeFileSync(join(dir, 'key'), `${KEY}\n`);
  const child = spawn(
    process.execPath,
    [
      MAIN,
      ...['--listen', '127.0.0.1:0', '--interval', '1s', '--log-level', 'error'],
      ...['--only', 'otlp'],
      ...['--target-pid', String(process.pid), '--memory-limit', '1GB'],
      ...['--clickhouse-url', store.clickhouse, '--remote-write-url', `${store.prometheus}/api/v1/write`],
      ...[
        '--otlp-http-listen',
        '127.0.0.1:0',
        '--otlp-grpc-listen',
        '127.0.0.1:0',
        '--otlp-key-file',
        join(dir, 'key'),
      ],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const ready = JSON.parse(line.toString()) as { listen: string; otlpHttp: string; otlpGrpc: string };
  return { child, ...store, http: ready.otlpHttp, grpc: ready.otlpGrpc, listen: ready.listen };
}

async function rows<T>(url: string, query: string): Promise<T[]> {
  const client = createClient({ url });
  try {
    return await (await client.query({ query, format: 'JSONEachRow' })).json<T>();
  } finally {
    await client.close();
  }
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.fail('it did not come');
}

const headers = { 'x-api-key': KEY };
const metadata = new Metadata();
metadata.set('x-api-key', KEY);
const TRANSPORTS = {
  http: ({ http }: Running) => ({
    traces: new TracesHttp({ url: `${http}/v1/traces`, headers }),
    logs: new LogsHttp({ url: `${http}/v1/logs`, headers }),
    metrics: new MetricsHttp({ url: `${http}/v1/metrics`, headers }),
  }),
  proto: ({ http }: Running) => ({
    traces: new TracesProto({ url: `${http}/v1/traces`, headers, compression: 'gzip' as never }),
    logs: new LogsProto({ url: `${http}/v1/logs`, headers, compression: 'gzip' as never }),
    metrics: new MetricsProto({ url: `${http}/v1/metrics`, headers, temporalityPreference: 0 }),
  }),
  grpc: ({ grpc }: Running) => ({
    traces: new TracesGrpc({ url: `http://${grpc}`, metadata }),
    logs: new LogsGrpc({ url: `http://${grpc}`, metadata }),
    metrics: new MetricsGrpc({ url: `http://${grpc}`, metadata }),
  }),
};

/** A trace, a log record and some metrics, as an application with the SDK makes them. */
async function send(name: keyof typeof TRANSPORTS, running: Running): Promise<string> {
  const resource = resourceFromAttributes({ 'service.name': `otel-${name}`, 'service.instance.id': 'i1' });
  const { traces, logs, metrics } = TRANSPORTS[name](running);
  const tracing = new TracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor({ exporter: traces } as never)],
  } as never);
  const logging = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: logs } as never)],
  } as never);
  const metering = new MeterProvider({
    resource,
    readers: [new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 60_000 })],
    views: [{ instrumentName: 'exponential', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  const tracer = tracing.getTracer('shop', '1.2.3');
  const root = tracer.startSpan(
    'POST /order',
    { kind: SpanKind.SERVER, attributes: { n: 42, list: ['a', 'b'] } },
    ROOT_CONTEXT,
  );
  const child = tracer.startSpan(
    'charge',
    { kind: SpanKind.CLIENT, links: [{ context: root.spanContext() }] },
    trace.setSpan(ROOT_CONTEXT, root),
  );
  child.addEvent('exception', { 'exception.message': 'card refused' });
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'refused' });
  child.end();
  root.end();
  logging.getLogger('shop').emit({
    severityNumber: SeverityNumber.WARN,
    body: 'low stock',
    attributes: { sku: 'x' },
    context: trace.setSpan(ROOT_CONTEXT, root),
  });
  const meter = metering.getMeter('shop');
  meter.createCounter('orders').add(3, { kind: 'web' });
  meter.createUpDownCounter('carts').add(-2);
  meter.createHistogram('latency', { unit: 's', advice: { explicitBucketBoundaries: [0.1, 1] } }).record(0.5);
  const exponential = meter.createHistogram('exponential', { unit: 'By' });
  for (const value of [1, 3, 3, 100]) exponential.record(value);
  const traceId = root.spanContext().traceId;
  await Promise.all([tracing.shutdown(), logging.shutdown(), metering.shutdown()]);
  return traceId;
}

test('what the real SDK sends over HTTP (JSON, protobuf and gzip) and gRPC arrives whole', async (t) => {
  const running = await start(t);
  for (const name of ['http', 'proto', 'grpc'] as const) {
    const traceId = await send(name, running);
    const spans = await until(async () => {
      const found = await rows<Record<string, unknown>>(
        running.clickhouse,
        `SELECT * FROM gumshoe.otel_traces WHERE TraceId = '${traceId}' ORDER BY SpanName`,
      );
      return found.length === 2 ? found : undefined;
    });
    const [root, child] = spans as [Record<string, unknown>, Record<string, unknown>];
    assert.equal(root['SpanName'], 'POST /order', name);
    assert.equal(root['SpanKind'], 'Server');
    assert.equal(root['ServiceName'], `otel-${name}`);
    assert.equal(root['ScopeVersion'], '1.2.3');
    assert.deepEqual(root['SpanAttributes'], { n: '42', list: '["a","b"]' });
    assert.equal(child['ParentSpanId'], root['SpanId']);
    assert.deepEqual([child['StatusCode'], child['StatusMessage']], ['Error', 'refused']);
    assert.deepEqual(child['Events.Name'], ['exception']);
    assert.deepEqual(child['Events.Attributes'], [{ 'exception.message': 'card refused' }]);
    assert.deepEqual(child['Links.SpanId'], [root['SpanId']]);
    assert.ok(Number(root['Duration']) >= Number(child['Duration']));
    const [log] = await until(async () => {
      const found = await rows<Record<string, unknown>>(
        running.clickhouse,
        `SELECT * FROM gumshoe.otel_logs WHERE ServiceName = 'otel-${name}'`,
      );
      return found.length > 0 ? found : undefined;
    });
    assert.deepEqual(
      [log?.['Body'], log?.['SeverityText'], log?.['TraceId'], log?.['SpanId']],
      ['low stock', 'WARN', traceId, root['SpanId']],
    );
    const value = (query: string): Promise<number> =>
      until(async () => {
        const answer = await fetch(`${running.prometheus}/api/v1/query?query=${encodeURIComponent(query)}`);
        const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
        return data.result[0] ? Number(data.result[0].value[1]) : undefined;
      });
    const of = `job="otel-${name}"`;
    assert.equal(await value(`orders_total{${of},kind="web"}`), 3);
    assert.equal(await value(`carts{${of}}`), -2);
    assert.equal(await value(`latency_seconds_bucket{${of},le="0.1"}`), 0);
    assert.equal(await value(`latency_seconds_bucket{${of},le="1"}`), 1);
    assert.equal(await value(`exponential_bytes_bucket{${of},le="4"}`), 3);
    assert.equal(await value(`exponential_bytes_bucket{${of},le="128"}`), 4);
    assert.equal(await value(`target_info{${of},service_name="otel-${name}"}`), 1);
  }
  const { receivers } = (await (await fetch(`${running.listen}/status`)).json()) as {
    receivers: Record<string, { spans?: { accepted: number; rejected: number } }>;
  };
  assert.deepEqual(receivers['otlp']?.spans, { accepted: 6, rejected: 0 });
});

test('answers as the specification has them: partial success, wrong types, damage, keys', async (t) => {
  const running = await start(t);
  const post = (path: string, body: string | Uint8Array, more: Record<string, string> = {}) =>
    fetch(`${running.http}${path}`, {
      method: 'POST',
      body: body as never,
      headers: { ...headers, 'content-type': 'application/json', ...more },
    });
  const span = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    startTimeUnixNano: '1790000000000000000',
    name: 'x',
  };
  const request = (...spans: object[]): string =>
    JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const good = await post('/v1/traces', gzipSync(request(span)), { 'content-encoding': 'gzip' });
  assert.deepEqual([good.status, await good.json()], [200, {}]);
  const partial = await post('/v1/traces', request(span, { ...span, traceId: '00' }));
  assert.deepEqual(await partial.json(), {
    partialSuccess: { rejectedSpans: '1', errorMessage: 'a span without a valid traceId and spanId' },
  });
  for (const [path, body, more, status] of [
    ['/v1/traces', '{', {}, 400],
    ['/v1/traces', '[]', {}, 400],
    ['/v1/traces', 'x', { 'content-encoding': 'gzip' }, 400],
    ['/v1/traces', 'x', { 'content-encoding': 'br' }, 415],
    ['/v1/traces', 'x', { 'content-type': 'text/plain' }, 415],
    ['/v1/traces', request(span), { 'x-api-key': 'guess' }, 401],
    ['/v1/other', '{}', {}, 404],
    ['/v1/metrics', 'x', { 'content-encoding': 'snappy' }, 400],
    ['/v1/profiles', 'no profile', {}, 400],
  ] as const) {
    const answer = await post(path, body, more);
    const { message } =
      answer.headers.get('content-type') === 'application/json'
        ? ((await answer.json()) as { message: string })
        : { message: await answer.text() };
    assert.equal(answer.status, status, `${path} ${JSON.stringify(more)}: ${message}`);
    assert.notEqual(message, '');
  }
  assert.equal((await fetch(`${running.http}/v1/traces`, { headers })).status, 405);
  const big = await post('/v1/traces', new Uint8Array(17 * 1024 * 1024)).catch(() => ({ status: 413 }));
  assert.equal(big.status, 413);
});

test('beyond loopback it wants TLS', async (t) => {
  const child = spawn(process.execPath, [
    MAIN,
    '--listen',
    '127.0.0.1:0',
    '--otlp-http-listen',
    '0.0.0.0:0',
    '--target-pid',
    String(process.pid),
    '--disable',
    'ebpf',
    '--disable',
    'profiles',
    '--disable',
    'tls',
    '--disable',
    'disk',
    '--disable',
    'nat',
  ]);
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 2, text);
  assert.match(text, /otlp-cert-file/);
});
