// What other systems' metrics tell (docs/import.md): few resources, requests as a mesh or services count them, or none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter, type Course } from '@gumshoe/model/testdata/series-writer';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { inspectWorld } from '../inspect.ts';
import { investigate } from './investigate.ts';

const FROM = 1_790_000_000_000;
/** Asked for as well, and not there: data sets begin when they begin. */
const HISTORY = 60 * 60_000;
const FAULT = FROM + 10 * 60_000;
const range = { from: milliseconds(FROM), to: milliseconds(FROM + 20 * 60_000) };

const since =
  (usual: number, then: number): Course =>
  (at) =>
    (at > FAULT ? then : usual) * (1 + 0.02 * Math.sin(at / 7_000));

interface Call {
  readonly client: string;
  readonly server: string;
  /** Requests per second; 20 if not given. */
  readonly rate?: number;
  readonly latency: Course;
  /** As the client takes it; nobody knows without. */
  readonly wait?: Course;
  readonly failed?: Course;
  /** Failed for the client, the server's own failures included. */
  readonly lost?: Course;
}

function writeCall(
  writer: SeriesWriter,
  { client, server, rate = 20, latency, wait, failed, lost }: Call,
): void {
  const labels = { service_name: server, client_service_name: client };
  const bad: Course = failed ?? (() => 0);
  writer.counter(T.requests.name, { ...labels, status: 'ok' }, (at) => rate * (1 - bad(at)));
  writer.counter(T.requests.name, { ...labels, status: 'failed' }, (at) => rate * bad(at));
  writer.histogram(T.duration.name, labels, () => rate, latency);
  if (wait) writer.counter(T.callTime.name, labels, (at) => rate * wait(at));
  if (lost) writer.counter(T.callFailures.name, labels, (at) => rate * lost(at));
}

function writeContainer(writer: SeriesWriter, name: string, cpu: Course, memory: Course): void {
  const labels = { container_id: `/k8s/shop/${name}-5d8f7c9b6d-x2x4z/${name}`, machine_id: 'node-1' };
  writer.counter(C.cpuUsage.name, labels, cpu);
  writer.gauge(C.memoryRss.name, labels, memory);
}

function explain(write: (writer: SeriesWriter) => void, interval = 15_000) {
  const writer = new SeriesWriter(range, interval);
  write(writer);
  return investigate(inspectWorld(buildWorld(writer.series, range, { history: HISTORY })));
}

const found = (report: ReturnType<typeof explain>) =>
  report.causes.slice(0, 1).map(({ kind, application }) => [kind, application.split(':').at(-1)]);

test('a delay on the network of one service is seen by those who call it and by what it calls, not by itself', () => {
  const report = explain((writer) => {
    writeCall(writer, { client: '', server: 'web', latency: since(0.1, 0.5) });
    writeCall(writer, {
      client: 'web',
      server: 'cart',
      latency: since(0.04, 0.24),
      wait: since(0.041, 0.44),
    });
    writeCall(writer, {
      client: 'cart',
      server: 'prices',
      latency: since(0.01, 0.01),
      wait: since(0.011, 0.21),
    });
    writeCall(writer, {
      client: 'web',
      server: 'prices',
      latency: since(0.01, 0.01),
      wait: since(0.011, 0.011),
    });
  });
  assert.deepEqual(found(report), [['network-loss', 'cart']]);
  assert.match(report.causes[0]!.evidence[0]!.query, /call_seconds_total/);
});

test('where clients alone say how long calls take, all of them late at once are the network of who makes them', () => {
  const report = explain((writer) => {
    writeCall(writer, { client: '', server: 'web', latency: since(0.08, 0.96) });
    writeCall(writer, { client: 'web', server: 'cart', latency: since(0.04, 0.92) });
    writeCall(writer, { client: 'cart', server: 'prices', latency: since(0.01, 0.25) });
    writeCall(writer, { client: 'cart', server: 'stock', latency: since(0.01, 0.27) });
    writeCall(writer, { client: 'web', server: 'stock', latency: since(0.01, 0.01) });
  });
  assert.deepEqual(found(report), [['network-loss', 'cart']]);
  assert.match(report.causes[0]!.title, /its own network/);
});

test('servers of one client that are slow by very different times are slow themselves', () => {
  const report = explain((writer) => {
    writeCall(writer, { client: '', server: 'web', latency: since(0.08, 0.6) });
    writeCall(writer, { client: 'web', server: 'cart', latency: since(0.04, 0.56) });
    writeCall(writer, { client: 'cart', server: 'prices', latency: since(0.01, 0.45) });
    writeCall(writer, { client: 'cart', server: 'stock', latency: since(0.01, 0.03) });
  });
  assert.equal(found(report)[0]?.[1], 'prices');
});

test('without a time before, who asks far more often for each request than all others is named', () => {
  const report = explain((writer) => {
    const well = { latency: () => 0.02 };
    writeCall(writer, { client: '', server: 'web', latency: () => 2.5 });
    writeCall(writer, { client: 'web', server: 'cart', latency: () => 2.4 });
    writeCall(writer, { client: 'web', server: 'stock', ...well });
    writeCall(writer, { client: 'web', server: 'login', ...well });
    writeCall(writer, { client: 'stock', server: 'vendors', ...well });
    writeCall(writer, { client: 'cart', server: 'prices', rate: 240, latency: () => 0.9 });
  });
  assert.deepEqual(found(report), [['client-surge', 'cart']]);
  assert.match(report.causes[0]!.evidence[0]!.summary, /12.0 times for each request/);
});

test('calls that never arrive are failures of the one that was called', () => {
  const report = explain((writer) => {
    writeCall(writer, { client: '', server: 'web', latency: () => 0.1, failed: since(0, 0.4) });
    const arrived = { latency: () => 0.04, wait: () => 0.041 };
    writeCall(writer, {
      client: 'web',
      server: 'cart',
      ...arrived,
      failed: since(0, 0),
      lost: since(0, 0.4),
    });
    writeCall(writer, { client: 'web', server: 'prices', ...arrived });
  });
  assert.equal(found(report)[0]?.[1], 'cart');
});

test('where nobody says who calls whom, the one that became slower by the most times is first', () => {
  const report = explain((writer) => {
    for (const [server, latency] of [
      ['web', since(0.2, 0.5)],
      ['cart', since(0.1, 0.4)],
      ['prices', since(0.02, 0.32)],
      ['mail', since(0.05, 0.05)],
    ] as const)
      writeCall(writer, { client: '', server, latency });
  });
  assert.equal(found(report)[0]?.[1], 'prices');
});

test('a store that no requests are known of is found by what it uses', () => {
  const report = explain((writer) => {
    writeCall(writer, { client: '', server: 'web', latency: since(0.1, 0.6) });
    writeCall(writer, { client: 'web', server: 'cart', latency: since(0.04, 0.5), wait: since(0.041, 0.51) });
    for (const name of ['web', 'cart']) writeContainer(writer, name, since(0.1, 0.1), since(1e8, 1e8));
    writeContainer(writer, 'db', since(0.1, 0.95), since(2e8, 2e8));
  });
  assert.equal(found(report)[0]?.[1], 'db');
});

test('resources alone tell which service uses far more of what than before, at any distance of samples', () => {
  for (const interval of [5_000, 15_000, 60_000]) {
    const of = (memory: Course) => (writer: SeriesWriter) => {
      for (const name of ['web', 'prices']) writeContainer(writer, name, since(0.1, 0.12), since(1e8, 1.1e8));
      writeContainer(writer, 'cart', since(0.1, 0.13), memory);
    };
    const report = explain(of(since(1.2e8, 4e8)), interval);
    assert.deepEqual(found(report), [['memory-change', 'cart']], `${interval} ms`);
    assert.match(report.impacted[0]!.message, /nobody counts its requests/);
    assert.deepEqual(explain(of(since(1.2e8, 1.3e8)), interval).impacted, []);
  }
});

test('what far exceeds its usual while requests are served as usual is told as that, unless more requests explain it', () => {
  const of = (cpu: Course, rate: Course) => (writer: SeriesWriter) => {
    for (const name of ['web', 'cart']) {
      const labels = { service_name: name, client_service_name: '' };
      writer.counter(T.requests.name, { ...labels, status: 'ok' }, rate);
      writer.histogram(T.duration.name, labels, rate, () => 0.02);
      writeContainer(writer, name, name === 'cart' ? cpu : since(0.1, 0.1), () => 1e8);
    }
  };
  const report = explain(of(since(0.1, 0.8), () => 20));
  assert.equal(found(report)[0]?.[1], 'cart');
  assert.match(report.impacted[0]!.message, /its requests are served as usual/);
  assert.deepEqual(explain(of(since(0.1, 0.4), since(20, 80))).impacted, []);
});

test('a call that is skipped while all requests go well is told as what stopped', () => {
  const of = (share: Course) => (writer: SeriesWriter) => {
    writeCall(writer, { client: '', server: 'web', latency: () => 0.1 });
    writeCall(writer, { client: 'web', server: 'cart', latency: () => 0.04 });
    const labels = { service_name: 'prices', client_service_name: 'cart' };
    const rate: Course = (at) => 20 * share(at);
    writer.counter(T.requests.name, { ...labels, status: 'ok' }, rate);
    writer.histogram(T.duration.name, labels, rate, () => 0.01);
  };
  const report = explain(of(since(1, 0)));
  assert.deepEqual(found(report), [['stopped', 'cart']]);
  assert.match(
    report.impacted[0]!.message,
    /cart no longer calls prices since .* requests are served as usual/,
  );
  assert.deepEqual(explain(of(since(1, 0.8))).impacted, []);
});

test('asked about an application that serves as ever, what is wrong below it is told as that', () => {
  const writer = new SeriesWriter(range, 15_000);
  const steady = { latency: () => 0.04 };
  writeCall(writer, { client: '', server: 'web', latency: () => 0.1 });
  writeCall(writer, { client: 'web', server: 'cart', ...steady });
  writeCall(writer, { client: '', server: 'mail', ...steady });
  writeContainer(
    writer,
    'web',
    () => 0.1,
    () => 1e8,
  );
  writeContainer(writer, 'cart', since(0.1, 1.9), () => 1e8);
  writeContainer(
    writer,
    'mail',
    () => 0.1,
    () => 1e8,
  );
  const world = inspectWorld(buildWorld(writer.series, range, { history: HISTORY }));
  const idOf = (name: string) =>
    world.applications.find((one) => one.application.name === name)!.application.id;
  const report = investigate(world, { application: idOf('web') });
  assert.equal(found(report)[0]?.[1], 'cart');
  assert.match(
    report.summary,
    /^Nothing about web itself is out of the ordinary; this is about what it waits for\./,
  );
  assert.deepEqual(investigate(world, { application: idOf('mail') }).impacted, []);
});

test('what holds no memory any more did not run, what only began to use more did', () => {
  const of = (cpu: Course, memory: Course) => (writer: SeriesWriter) => {
    for (const name of ['web', 'prices']) writeContainer(writer, name, since(0.1, 0.1), since(1e8, 1e8));
    writeContainer(writer, 'cart', cpu, memory);
  };
  const stopped = explain(of(since(0.1, 0), since(1e8, 0)));
  assert.deepEqual(found(stopped), [['instance-down', 'cart']]);
  assert.match(stopped.impacted[0]!.message, /nothing of it runs/);
  assert.notEqual(found(explain(of(since(0.01, 0.4), since(2e7, 4e8))))[0]?.[0], 'instance-down');
});
