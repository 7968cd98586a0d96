import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { CONTAINER_METRICS as C, DNS_METRICS } from '@gumshoe/schema/metrics/container';
import { DOTNET_METRICS } from '@gumshoe/schema/metrics/dotnet';
import { JVM_METRICS } from '@gumshoe/schema/metrics/jvm';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { NODEJS_METRICS } from '@gumshoe/schema/metrics/nodejs';
import { PYTHON_METRICS } from '@gumshoe/schema/metrics/python';
import { LEVELS } from './candidates/levels.ts';
import { during, investigatePair } from './testdata/pair.ts';

type More = (writer: SeriesWriter, labels: Readonly<Record<string, string>>) => void;

const node = { machine_id: 'machine-1', system_uuid: 'uuid' };
const peer = { destination: '10.9.0.1:8080', actual_destination: '10.9.0.1:8080' };
const web = { ...node, container_id: '/pair.slice/web.service', app_id: '' };

/** A signal that rises with the fault, by the kind of cause it is. */
const signals: Readonly<Record<string, More>> = {
  'cpu-throttled': (w, labels) => w.counter(C.cpuThrottled.name, labels, during(0.001, 0.5)),
  'gc-pause': (w, labels) =>
    w.counter(JVM_METRICS.gcTime.name, { ...labels, jvm: 'a', gc: 'G1' }, during(0.005, 0.4)),
  'safepoint-pause': (w, labels) =>
    w.counter(JVM_METRICS.safepointTime.name, { ...labels, jvm: 'a' }, during(0.005, 0.4)),
  'event-loop': (w, labels) => w.counter(NODEJS_METRICS.eventLoopBlocked.name, labels, during(0.1, 0.95)),
  'interpreter-lock': (w, labels) => w.counter(PYTHON_METRICS.lockWait.name, labels, during(0.02, 3)),
  'thread-pool': (w, labels) => w.gauge(DOTNET_METRICS.queueLength.name, labels, during(0, 80)),
  'lock-contention': (w, labels) => w.counter(DOTNET_METRICS.lockContentions.name, labels, during(1, 900)),
  'memory-pressure': (w, labels) =>
    w.counter(C.memoryPressure.name, { ...labels, kind: 'some' }, during(0.001, 0.6)),
  'conntrack-full': (w) => {
    w.gauge(N.conntrackEntries.name, node, during(20_000, 65_500));
    w.gauge(N.conntrackLimit.name, node, () => 65_536);
  },
  'ports-exhausted': (w) => {
    w.gauge(N.ephemeralPortsUsed.name, node, during(900, 28_200));
    w.gauge(N.ephemeralPorts.name, node, () => 28_232);
  },
  'node-memory': (w) => {
    w.gauge(N.memoryTotal.name, node, () => 32e9);
    w.gauge(N.memoryAvailable.name, node, during(12e9, 0.2e9));
  },
  'dns-failure': (w, labels) => {
    const query = { ...labels, request_type: 'TypeA', domain: 'db.shop' };
    w.counter(DNS_METRICS.count.name, { ...query, status: 'ok' }, during(5, 2));
    w.counter(DNS_METRICS.count.name, { ...query, status: 'servfail' }, during(0, 3));
  },
  'connections-reset': (w) => w.counter(C.tcpResetsReceived.name, { ...web, ...peer }, during(0, 5)),
  'receiver-stuck': (w) => w.counter(C.tcpZeroWindows.name, { ...web, ...peer }, during(0, 1)),
  'accept-queue-full': (w, labels) => w.counter(C.tcpListenOverflows.name, labels, during(0, 5)),
};

for (const [kind, more] of Object.entries(signals)) {
  test(`${kind}: named as the reason why a service is slow, and cleared while it stays low`, () => {
    const latency = during(0.02, 1.2);
    const report = investigatePair({ latency, more });
    const [top] = report.causes;
    assert.equal(top?.kind, kind, JSON.stringify(report.causes.map((one) => [one.kind, one.score])));
    assert.match(top.application, /:(shop|web)$/);
    assert.ok(top.evidence[0]!.value! > (top.evidence[0]!.baselineValue ?? 0));
    assert.ok(investigatePair({ latency }).causes.every((one) => one.kind !== kind));
  });
}

test('every level but those of databases is tried here', () => {
  const databases = ['postgres-connections', 'redis-memory'];
  const untried = LEVELS.map(({ kind }) => kind).filter((kind) => !(kind in signals));
  assert.deepEqual(untried, databases);
});
