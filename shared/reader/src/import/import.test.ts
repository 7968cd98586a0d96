import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import protobuf from 'protobufjs/minimal.js';
import { FailureError } from '@gumshoe/base/failure';
import { createEngine } from '@gumshoe/engine/engine';
import { openSnapshot } from '../snapshot/reader.ts';
import { importFiles } from './import.ts';
import { importSnapshot } from './snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-import-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
function file(content: string | Uint8Array): string {
  const path = join(folder, `f${files++}`);
  writeFileSync(path, content);
  return path;
}

const T0 = 1_790_000_000;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const resource = (service: string) => ({
  attributes: [{ key: 'service.name', value: { stringValue: service } }],
});
const spanJson = (id: string, parent: string, more: object = {}) => ({
  traceId: TRACE,
  spanId: id,
  parentSpanId: parent,
  name: 'GET /cart',
  kind: 2,
  startTimeUnixNano: `${T0}000000001`,
  endTimeUnixNano: `${T0}050000000`,
  status: { code: 2, message: 'boom' },
  attributes: [
    { key: 'http.response.status_code', value: { intValue: '500' } },
    { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }, { boolValue: true }] } } },
  ],
  ...more,
});
const traces = (...spans: object[]) =>
  JSON.stringify({ resourceSpans: [{ resource: resource('cart'), scopeSpans: [{ spans }] }] });

test('OpenMetrics in seconds, Prometheus text in ms and a dump of a TSDB say the same', async () => {
  const openmetrics = `# TYPE a counter\na_total{x="1",y="q\\"\\\\\\n"} 5 ${T0}.5 # {trace_id="t"} 1 ${T0}\na_total{x="1",y="q\\"\\\\\\n"} 7 ${T0 + 15}\n# EOF\n`;
  const text = `a_total{y="q\\"\\\\\\n", x="1"} 5 ${T0}500\na_total{y="q\\"\\\\\\n",x="1"} 7 ${T0 + 15}000\n`;
  const dump = `{__name__="a_total", x="1", y="q\\"\\\\\\n"} 5 ${T0}500\n{"a_total", x="1", y="q\\"\\\\\\n"} 7 ${T0 + 15}000\n`;
  const [first, ...others] = await Promise.all(
    [openmetrics, text, dump].map((one) => importFiles([file(one)])),
  );
  assert.deepEqual(first!.series, [
    {
      labels: { __name__: 'a_total', x: '1', y: 'q"\\\n' },
      timestamps: Float64Array.of(T0 * 1000 + 500, (T0 + 15) * 1000),
      values: Float64Array.of(5, 7),
    },
  ]);
  for (const other of others) assert.deepEqual({ ...other, files: [] }, { ...first, files: [] });
});

test('lines that are no samples are counted, the first is named, and the others are read', async () => {
  const { series, problems } = await importFiles([
    file(`up 1 ${T0}\nup 1\nup{a=} 2 ${T0}\nup x ${T0}\nup{a="b} 1\nup +Inf ${T0 + 1}\nup NaN ${T0 + 2}\n`),
  ]);
  assert.deepEqual([...series[0]!.values], [1, Infinity, NaN]);
  assert.match(
    problems[0] ?? '',
    /4 lines are no samples with a timestamp, the first is line 2: no timestamp$/,
  );
});

test('samples out of order and twice end up in order and once', async () => {
  const { series } = await importFiles([file(`up 3 ${T0 + 30}\nup 1 ${T0}\nup 2 ${T0 + 15}\nup 9 ${T0}\n`)]);
  assert.deepEqual([...series[0]!.values], [9, 2, 3]);
});

test('OTLP spans: times to the microsecond, kind, status, attributes as text', async () => {
  const { spans } = await importFiles([file(`${traces(spanJson('00f067aa0ba902b7', ''))}\n`)]);
  assert.deepEqual(spans, [
    {
      traceId: TRACE,
      spanId: '00f067aa0ba902b7',
      parentSpanId: '',
      name: 'GET /cart',
      kind: 'Server',
      serviceName: 'cart',
      containerId: '',
      start: T0 * 1000 + 0.000001,
      duration: T0 * 1000 + 50 - (T0 * 1000 + 0.000001),
      status: 'Error',
      statusMessage: 'boom',
      attributes: { 'http.response.status_code': '500', tags: '["a","true"]' },
    },
  ]);
});

test('gzip, zstd, one document over several lines and lines: the same spans, each once', async () => {
  const line = traces(spanJson('00f067aa0ba902b7', ''), spanJson('00f067aa0ba902b8', '00f067aa0ba902b7'));
  const pretty = JSON.stringify(JSON.parse(line), undefined, 2);
  const all = [
    `${line}\n${line}\n`,
    gzipSync(`${line}\n`),
    zstdCompressSync(Buffer.from(line)),
    pretty,
    `[${line}]`,
  ];
  const expected = { ...(await importFiles([file(line)])), files: [] };
  assert.equal(expected.spans.length, 2);
  for (const content of all)
    assert.deepEqual({ ...(await importFiles([file(content)])), files: [] }, expected);
  const paths = all.map((content) => file(content));
  assert.deepEqual((await importFiles(paths)).spans, expected.spans);
});

test('what cannot be read of a line is counted with its place and loses nothing else', async () => {
  const { spans, problems } = await importFiles([
    file(
      `${traces(spanJson('00f067aa0ba902b7', ''))}\n{"resourceSpans": 5}\nnot json\n${traces({ name: 'no ids' })}\n`,
    ),
  ]);
  assert.equal(spans.length, 1);
  assert.match(problems[0] ?? '', /2 records could not be read, the first on line 3/);
});

/** Writes the protobuf of one request as the file exporter does: behind its length. */
function protobufTraces(): Uint8Array {
  const w = protobuf.Writer.create();
  const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
  w.uint32(10).fork(); // resource_spans
  w.uint32(10).fork(); // resource
  w.uint32(10)
    .fork()
    .uint32(10)
    .string('service.name')
    .uint32(18)
    .fork()
    .uint32(10)
    .string('cart')
    .ldelim()
    .ldelim();
  w.ldelim();
  w.uint32(18).fork(); // scope_spans
  w.uint32(18).fork(); // span
  w.uint32(10).bytes(bytes(TRACE)).uint32(18).bytes(bytes('00f067aa0ba902b7'));
  w.uint32(42).string('GET /cart').uint32(48).int32(2);
  const nanos = BigInt(T0) * 1_000_000_000n;
  for (const [tag, value] of [
    [57, nanos],
    [65, nanos + 50_000_000n],
  ] as const) {
    w.uint32(tag)
      .fixed32(Number(value & 0xffffffffn))
      .fixed32(Number(value >> 32n));
  }
  w.uint32(122).fork().uint32(18).string('boom').uint32(24).int32(2).ldelim();
  w.ldelim().ldelim().ldelim();
  return w.finish();
}

test("the Collector's protobuf files, framed or bare", async () => {
  const message = protobufTraces();
  const framed = Buffer.concat([Buffer.alloc(4), message, Buffer.alloc(4), message]);
  framed.writeUInt32BE(message.length, 0);
  framed.writeUInt32BE(message.length, 4 + message.length);
  for (const content of [message, framed]) {
    const { spans, problems } = await importFiles([file(content)]);
    assert.deepEqual(problems, []);
    assert.equal(spans.length, 1);
    const [{ traceId, spanId, serviceName, start, duration, status, statusMessage }] = [spans[0]!];
    assert.deepEqual(
      { traceId, spanId, serviceName, start, duration, status, statusMessage },
      {
        traceId: TRACE,
        spanId: '00f067aa0ba902b7',
        serviceName: 'cart',
        start: T0 * 1000,
        duration: 50,
        status: 'Error',
        statusMessage: 'boom',
      },
    );
  }
});

test('OTLP logs and metrics', async () => {
  const log = {
    timeUnixNano: `${T0}000000000`,
    severityNumber: 17,
    body: { stringValue: 'no route to host' },
    traceId: TRACE,
  };
  const point = (value: object) => ({
    timeUnixNano: `${T0}000000000`,
    attributes: [{ key: 'mode', value: { stringValue: 'x' } }],
    ...value,
  });
  const metrics = [
    { name: 'jvm.threads', gauge: { dataPoints: [point({ asInt: '7' })] } },
    {
      name: 'requests',
      sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point({ asDouble: 1.5 })] },
    },
    { name: 'deltas', sum: { aggregationTemporality: 1, dataPoints: [point({ asDouble: 1 })] } },
    {
      name: 'latency',
      histogram: {
        dataPoints: [point({ count: '3', sum: 6, bucketCounts: ['1', '0', '2'], explicitBounds: [1, 2] })],
      },
    },
  ];
  const { series, logs, problems } = await importFiles([
    file(
      JSON.stringify({ resourceLogs: [{ resource: resource('cart'), scopeLogs: [{ logRecords: [log] }] }] }),
    ),
    file(JSON.stringify({ resourceMetrics: [{ resource: resource('cart'), scopeMetrics: [{ metrics }] }] })),
  ]);
  assert.deepEqual(
    [logs[0]?.severity, logs[0]?.serviceName, logs[0]?.body],
    ['ERROR', 'cart', 'no route to host'],
  );
  const figures = new Map(
    series.map(({ labels, values }) => [`${labels['__name__']} ${labels['le'] ?? ''}`, values.at(-1)]),
  );
  assert.equal(figures.get('jvm_threads '), 7);
  assert.equal(figures.get('requests '), 1.5);
  assert.deepEqual(
    [figures.get('latency_bucket 1'), figures.get('latency_bucket +Inf'), figures.get('latency_sum ')],
    [1, 3, 6],
  );
  assert.equal(figures.get('deltas '), 1);
  assert.deepEqual(problems, []);
});

test('Jaeger and events', async () => {
  const jaeger = {
    data: [
      {
        processes: {
          p1: { serviceName: 'web', tags: [{ key: 'hostname', value: 'n1' }] },
          p2: {
            serviceName: 'cart',
            tags: [
              { key: 'k8s.namespace.name', value: 'shop' },
              { key: 'k8s.pod.name', value: 'cart-5d4f8b7c9d-x7k2p' },
            ],
          },
        },
        spans: [
          {
            traceID: 'a1',
            spanID: 's1',
            operationName: 'home',
            startTime: T0 * 1e6,
            duration: 2500,
            processID: 'p1',
            tags: [{ key: 'span.kind', value: 'server' }],
          },
          {
            traceID: 'a1',
            spanID: 's2',
            operationName: 'cart',
            startTime: T0 * 1e6 + 500,
            duration: 1000,
            processID: 'p2',
            references: [{ refType: 'CHILD_OF', spanID: 's1' }],
            tags: [{ key: 'error', value: true }],
          },
        ],
      },
    ],
  };
  const events = `{"time":"2026-09-21T14:13:20Z","service":"web","level":"warning","message":"restarted","pod":{"name":"web-1"}}\n{"ts":${T0},"msg":"x"}\n`;
  const { spans, logs } = await importFiles([file(JSON.stringify(jaeger)), file(events)]);
  assert.deepEqual(
    spans.map((one) => [one.serviceName, one.containerId, one.parentSpanId, one.duration, one.status]),
    [
      ['cart', '/k8s/shop/cart-5d4f8b7c9d-x7k2p/cart', 's1', 1, 'Error'],
      ['web', '', '', 2.5, 'Unset'],
    ],
  );
  assert.deepEqual(
    logs.map((one) => [one.serviceName, one.severity, one.body, one.timestamp]),
    [
      ['web', 'WARN', 'restarted', Date.parse('2026-09-21T14:13:20Z')],
      ['events', '', 'x', T0 * 1000],
    ],
  );
});

test('cAdvisor, node exporter and Istio metrics become those of the model', async () => {
  const lines = [];
  for (let t = 0; t < 600; t += 15) {
    const at = T0 + t;
    lines.push(
      `container_cpu_usage_seconds_total{namespace="shop",pod="cart-6d4cf56db6-x7k2p",container="server",node="n1"} ${t * 0.2} ${at}`,
    );
    lines.push(
      `container_memory_working_set_bytes{namespace="shop",pod="cart-6d4cf56db6-x7k2p",container="server",node="n1"} 1e8 ${at}`,
    );
    lines.push(`node_cpu_seconds_total{instance="n1",mode="idle",cpu="0"} ${t} ${at}`);
    for (const [code, rate] of [
      ['200', 9],
      ['500', 1],
    ] as const)
      lines.push(
        `istio_requests_total{reporter="destination",source_workload="web",destination_workload="cart",response_code="${code}"} ${t * rate} ${at}`,
      );
    for (const [le, rate] of [
      ['10', 5],
      ['+Inf', 10],
    ] as const)
      lines.push(
        `istio_request_duration_milliseconds_bucket{reporter="destination",source_workload="web",destination_workload="cart",le="${le}"} ${t * rate} ${at}`,
      );
    lines.push(
      `istio_request_duration_milliseconds_sum{reporter="destination",source_workload="web",destination_workload="cart"} ${t * 100} ${at}`,
    );
  }
  const path = join(folder, 'foreign.gumshoe');
  await importSnapshot([file(`${lines.join('\n')}\n`)], path);
  const reader = openSnapshot(path);
  const engine = createEngine({ reader });
  const range = await engine.extent();
  const map = await engine.serviceMap(range!);
  const cart = map.nodes.find((one) => one.name === 'cart');
  assert.equal(cart?.id, 'shop:Deployment:cart');
  assert.equal(cart?.instances.up, 1);
  const edge = map.edges.find((one) => one.server === cart?.id);
  assert.equal(edge?.client, '_:Service:web');
  assert.ok(Math.abs((edge?.requestRate ?? 0) - 10) < 0.5, `${edge?.requestRate}`);
  assert.ok(Math.abs((edge?.errorRatio ?? 0) - 0.1) < 0.01, `${edge?.errorRatio}`);
  await reader.close();
});

test('the same files give the same snapshot, byte for byte, in any order', async () => {
  const inputs = [file(traces(spanJson('00f067aa0ba902b7', ''))), file(`up 1 ${T0}\nup 2 ${T0 + 15}\n`)];
  const paths = [join(folder, 'one.gumshoe'), join(folder, 'two.gumshoe')];
  await importSnapshot(inputs, paths[0]!);
  await importSnapshot([...inputs].reverse(), paths[1]!);
  assert.deepEqual(readFileSync(paths[0]!), readFileSync(paths[1]!));
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'fine';
  } catch (error) {
    assert.ok(error instanceof FailureError, String(error));
    return error.failure.code;
  }
}

test('files that are missing, of another kind, empty or cut short are refused in words', async () => {
  assert.equal(await codeOf(importFiles([join(folder, 'nothing')])), 'not-found');
  assert.equal(
    await codeOf(importFiles([file(Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0]))])),
    'invalid-input',
  );
  assert.equal(await codeOf(importSnapshot([file('')], join(folder, 'x.gumshoe'))), 'invalid-input');
  const whole = gzipSync(`up 1 ${T0}\n`.repeat(1000));
  assert.equal(await codeOf(importFiles([file(whole.subarray(0, whole.length - 12))])), 'corrupt');
});

test('no bytes make it fail in another way, or lose what another file holds', async () => {
  const good = file(`up 1 ${T0}\n`);
  const seeds = [
    Buffer.from(traces(spanJson('00f067aa0ba902b7', ''))),
    Buffer.from(protobufTraces()),
    Buffer.from(`a{b="c"} 1 ${T0}\n`),
  ];
  const mutated = fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
      fc.nat(400),
    )
    .map(([seed, changes, cut]) => {
      const bytes = Buffer.from(seed);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
    });
  await fc.assert(
    fc.asyncProperty(mutated, async (bytes) => {
      const code = await codeOf(importFiles([good, file(bytes)]));
      assert.ok(['fine', 'invalid-input', 'corrupt'].includes(code), code);
    }),
    { numRuns: 300 },
  );
});

test('files that are something else are named as what they are, and cost nothing of the others', async () => {
  const good = file('up{job="a"} 1 1790000000\n');
  const wrong: readonly (readonly [string, string | Buffer, RegExp])[] = [
    ['a.png', Buffer.from('89504e470d0a1a0a0000', 'hex'), /it looks like an image/],
    ['a.csv', 'time,service,value\n2026-01-01,web,1\n', /it looks like a table/],
    ['a.html', '<!DOCTYPE html><p>404', /it looks like HTML/],
    [
      'cut.gz',
      gzipSync('up{job="a"} 1 1790000000\n'.repeat(9)).subarray(0, 40),
      /gzip that is damaged or was cut/,
    ],
    ['cut.json', '{"data":[{"traceID":"1","spans":[', /the document ends in the middle/],
    ['case.gumshoe', Buffer.from('SQLite format 3\0 up 1 1790000000\n'), /gumshoe snapshot merge/],
    ['noise', Buffer.from([0, 1, 2, 3, 250, 251, 252]), /neither samples in text/],
  ];
  const paths = wrong.map(([, content]) => file(content));
  const { series, files: read } = await importFiles([...paths, good]);
  assert.equal(series.length, 1);
  wrong.forEach(([name, , reason], i) => {
    assert.equal(read[i]!.leftOut.length, 1, name);
    assert.match(read[i]!.leftOut[0]!.reason, reason);
  });
  const unknown = importFiles([good, join(folder, 'nowhere')]);
  await assert.rejects(unknown, /nowhere\): there is no such file/);
});

test('an instant that cannot be does not stretch the window over all others', async () => {
  const far = { ...spanJson('1111111111111111', ''), startTimeUnixNano: '9000000000000000000' };
  const spans = { resourceSpans: [{ resource: resource('web'), scopeSpans: [{ spans: [far] }] }] };
  const summary = await importSnapshot(
    [
      file(`up 1 ${T0}\nup 1 99999999999999999999\nup 1 -5\nup 1 ${T0 + 15}\n`),
      file(JSON.stringify(spans)),
      file(`{"time":"9999-12-31T23:59:59Z","service":"web","message":"forever"}\n`),
    ],
    join(folder, 'far.gumshoe'),
  );
  assert.equal(summary.window.to, (T0 + 15) * 1000);
  assert.deepEqual(
    summary.files.map(({ leftOut }) => leftOut),
    [2, 1, 1].map((count) => [{ reason: 'a time before 1970 or after 2099', count }]),
  );
});

test('a folder is all that is in it but what is hidden, a pattern what matches it, each file once', async () => {
  const root = mkdtempSync(join(folder, 'case ü-'));
  mkdirSync(join(root, 'b', 'empty'), { recursive: true });
  const write = (name: string, metric: string): void =>
    writeFileSync(join(root, name), `${metric} 1 1790000000\n`);
  write('c.prom', 'three');
  write('a metrics.prom', 'one');
  write(join('b', 'ü.prom'), 'two');
  write('.hidden', 'none');
  write('last.gumshoe', 'none');
  const names = async (...named: readonly string[]) =>
    (await importFiles(named)).files.map(({ path }) => path.slice(root.length + 1));
  const all = ['a metrics.prom', join('b', 'ü.prom'), 'c.prom'];
  assert.deepEqual(await names(root), all);
  assert.deepEqual(await names(join(root, 'c.prom'), root), ['c.prom', ...all.slice(0, 2)]);
  assert.deepEqual(await names(join(root, '*.prom')), ['a metrics.prom', 'c.prom']);
  await assert.rejects(importFiles([join(root, 'b', 'empty')]), /the folder has no files/);
  await assert.rejects(importFiles([join(root, '*.om')]), /there is no such file/);
});
