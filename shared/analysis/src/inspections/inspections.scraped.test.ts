// What programs and exporters show themselves: whose it is, and what is said of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels } from '@gumshoe/base/series';
import type { Course } from '@gumshoe/model/testdata/series-writer';
import { levelChecks, type LevelCase } from './testdata/level-case.ts';
import { APP, AREA_RANGE, findingOf, NODE, smallWorld } from './testdata/small-world.ts';
import { stateChecks, type StateCase } from './testdata/state-case.ts';

const LISTENS = { ...APP, listen_addr: '10.1.1.3:9000', proxy: '' };
const SCRAPED = { job: 'shop', instance: '10.1.1.3:9000' };
const EXPORTER = { job: 'node-exporter', instance: 'node-1:9100' };

const LEVELS: LevelCase[] = [
  {
    inspection: 'go-gc-pauses',
    says: /app stands still for garbage collection 1\.08 % of the time/,
    write: (writer, value) => {
      writer.gauge('container_net_tcp_listen_info', LISTENS, () => 1);
      writer.counter('go_gc_duration_seconds_sum', SCRAPED, value);
    },
  },
  {
    inspection: 'go-gc-cpu',
    says: /app spends 27 % of its CPU time on garbage collection/,
    above: 1.08,
    write: (writer, value) => {
      writer.gauge('container_net_tcp_listen_info', LISTENS, () => 1);
      writer.counter('container_resources_cpu_usage_seconds_total', APP, () => 2);
      writer.counter('go_cpu_classes_gc_total_cpu_seconds_total', SCRAPED, (at) =>
        Math.min(2, value(at) / 50),
      );
    },
  },
  {
    inspection: 'clock-offset',
    says: /The clock of node node-1 is off by 54 ms/,
    write: (writer, value) => writer.gauge('node_timex_offset_seconds', EXPORTER, (at) => -value(at)),
  },
];

const SPANS = { service_name: 'cart', client_service_name: 'app' };
LEVELS.push({
  inspection: 'clock-spans',
  says: /the clocks of cart and app differ by at least 54 ms/,
  write: (writer, value) => {
    writer.counter('gumshoe_trace_requests_total', { ...SPANS, status: 'ok' }, () => 5);
    writer.counter(
      'gumshoe_trace_spans_total',
      { service_name: 'cart', span_name: 'GET', status: 'ok' },
      () => 5,
    );
    writer.gauge('gumshoe_trace_clock_skew_seconds', SPANS, (at) => -value(at));
  },
});

const STATES: readonly StateCase[] = [
  {
    inspection: 'clock-sync',
    says: /The clock of node node-1 follows no reference/,
    write: (writer, broken) => writer.gauge('node_timex_sync_status', EXPORTER, (at) => 1 - broken(at)),
  },
];

for (const { name, complaints } of [...LEVELS.flatMap(levelChecks), ...STATES.flatMap(stateChecks)])
  test(name, () => assert.deepEqual(complaints(), []));

test('of several sources of the offset the one that follows a reference counts', () => {
  const series = smallWorld((writer) => {
    writer.gauge('node_timex_offset_seconds', EXPORTER, () => 0);
    writer.gauge('chrony_tracking_system_time_seconds', { job: 'chrony', ...NODE }, () => 3);
  });
  assert.match(findingOf('clock-offset', series)?.message ?? '', /off by 3 s/);
});

test('a clock belongs to the machine behind the address at which it is scraped', () => {
  const scraped = { job: 'node-exporter', instance: '10.9.0.1:9100' };
  const offsetOf = (metric: string, labels: Labels) =>
    findingOf(
      'clock-offset',
      smallWorld((writer) => {
        writer.gauge('node_timex_offset_seconds', scraped, () => 2);
        writer.gauge(metric, labels, () => 1);
      }),
    )?.value;
  assert.equal(offsetOf('node_uname_info', { ...scraped, nodename: 'node-1' }), 2);
  assert.equal(offsetOf('kube_node_info', { node: 'node-1', internal_ip: '10.9.0.1' }), 2);
  assert.equal(offsetOf('kube_node_info', { node: 'node-2', internal_ip: '10.9.0.1' }), undefined);
});

test('a clock that lost its reference a moment ago is still right', () => {
  const lost = (error: number) =>
    smallWorld((writer) => {
      writer.gauge('node_timex_sync_status', EXPORTER, () => 0);
      writer.gauge('node_timex_maxerror_seconds', EXPORTER, () => error);
    });
  assert.equal(findingOf('clock-sync', lost(0.2))?.health, 'ok');
  assert.equal(findingOf('clock-sync', lost(16))?.health, 'warning');
});

const goroutines = (course: Course, labels: Labels = SCRAPED) =>
  smallWorld((writer) => {
    writer.gauge('container_net_tcp_listen_info', LISTENS, () => 1);
    writer.gauge('go_goroutines', labels, course);
  });
const hours = (at: number): number => (at - AREA_RANGE.from) / 3_600_000;

test('goroutines that only become more are a leak, those that come and go are none', () => {
  const leak = findingOf(
    'go-goroutines',
    goroutines((at) => 500 + 2000 * hours(at)),
  );
  assert.equal(leak?.health, 'warning');
  assert.match(leak.message, /goroutines of app grow steadily by \d+ % per hour, to 149\d now/);
  assert.equal(leak.instances[0]?.instance, 'app');
  const swings = goroutines((at) => 500 + 300 * Math.sin(at / 120_000));
  assert.equal(findingOf('go-goroutines', swings)?.health, 'ok');
  assert.equal(
    findingOf(
      'go-goroutines',
      goroutines((at) => 20 + 20 * hours(at)),
    )?.health,
    'ok',
    'a few',
  );
});

test('whose a program is: by its container, by its pod, by its address; nobody else’s', () => {
  const found = (labels: Labels) =>
    findingOf(
      'go-goroutines',
      goroutines(() => 10, labels),
    ) !== undefined;
  assert.ok(found({ job: 'x', container_id: APP.container_id }));
  assert.ok(found({ job: 'x', instance: 'http://10.1.1.3:9000/metrics' }));
  assert.ok(!found({ job: 'x', instance: '10.1.1.99:9000' }));
  assert.ok(!found({ job: 'x' }));
  const pod = { ...NODE, container_id: '/k8s/shop/web-0/main', app_id: '' };
  const series = smallWorld((writer) => {
    writer.gauge('container_info', { ...pod, image: 'web' }, () => 1);
    writer.gauge('go_goroutines', { namespace: 'shop', pod: 'web-0', job: 'x' }, () => 10);
  });
  assert.ok(findingOf('go-goroutines', series, { application: 'web' }));
});

const NOW = AREA_RANGE.to / 1000;
const DAY = 86_400;

const certificate = (
  metric: string,
  labels: Labels,
  value: Course,
  more: Readonly<Record<string, Course>> = {},
) =>
  findingOf(
    'certificate-expiry',
    smallWorld((writer) => {
      writer.gauge('container_net_tcp_listen_info', LISTENS, () => 1);
      writer.gauge(metric, labels, value);
      for (const [name, course] of Object.entries(more)) writer.gauge(name, labels, course);
    }),
  );

test('a certificate that ends within two weeks, wherever it is seen', () => {
  const soon = () => NOW + 5 * DAY;
  for (const [metric, labels] of [
    ['probe_ssl_earliest_cert_expiry', { job: 'blackbox', instance: 'https://10.1.1.3:9000/health' }],
    ['probe_ssl_earliest_cert_expiry', { job: 'blackbox', instance: 'https://app.example.com' }],
    ['gumshoe_tls_certificate_expiry_timestamp_seconds', { address: '10.1.1.3:9000' }],
    ['certmanager_certificate_expiration_timestamp_seconds', { name: 'app-tls', namespace: '' }],
    ['x509_cert_not_after', { secret_name: 'app-tls', secret_namespace: '' }],
  ] as const) {
    const finding = certificate(metric, labels, soon);
    assert.equal(finding?.health, 'warning', metric);
    assert.match(finding.message, /ends in 5 days, at 2026-.* UTC \(threshold 14 days\)/);
    assert.ok(Math.abs(finding.value - 5) < 0.01);
  }
  const late = certificate(
    'gumshoe_tls_certificate_expiry_timestamp_seconds',
    { address: '10.1.1.3:9000' },
    () => NOW + 60 * DAY,
  );
  assert.equal(late?.health, 'ok');
  const over = certificate(
    'gumshoe_tls_certificate_expiry_timestamp_seconds',
    { address: '10.1.1.3:9000' },
    () => NOW - DAY,
  );
  assert.match(over?.message ?? '', /has ended at/);
});

test('a certificate of a kubelet concerns what runs on its node', () => {
  const finding = certificate(
    'kubelet_certificate_manager_client_ttl_seconds',
    { job: 'kubelet', node: 'node-1' },
    (at) => 3 * DAY + NOW - at / 1000,
  );
  assert.equal(finding?.health, 'warning');
  assert.match(finding.message, /The certificate kubelet of node-1 ends in 3 days/);
});

test('a certificate that lives for days is well while it is renewed in time', () => {
  const metric = 'certmanager_certificate_expiration_timestamp_seconds';
  const labels = { name: 'app-tls', namespace: '' };
  const renewal = (at: number) => ({ certmanager_certificate_renewal_timestamp_seconds: () => at });
  const ends = () => NOW + 2 * DAY;
  assert.equal(certificate(metric, labels, ends, renewal(NOW + DAY))?.health, 'ok');
  const overdue = certificate(metric, labels, ends, renewal(NOW - DAY));
  assert.equal(overdue?.health, 'warning');
  assert.match(overdue.message, /its renewal is overdue/);
  assert.equal(
    certificate(metric, labels, () => 0),
    undefined,
    'never issued',
  );
});
