import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { CONTAINER_METRICS as C, DNS_METRICS } from '@gumshoe/schema/metrics/container';
import { DOTNET_METRICS } from '@gumshoe/schema/metrics/dotnet';
import { JVM_METRICS } from '@gumshoe/schema/metrics/jvm';
import { MEMCACHED_METRICS as MC } from '@gumshoe/schema/metrics/memcached';
import { MONGODB_METRICS as MG } from '@gumshoe/schema/metrics/mongodb';
import { MYSQL_METRICS as M } from '@gumshoe/schema/metrics/mysql';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { NODEJS_METRICS } from '@gumshoe/schema/metrics/nodejs';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { PYTHON_METRICS } from '@gumshoe/schema/metrics/python';
import { LEVELS } from './candidates/levels.ts';
import { during, investigatePair, PAIR_FAULT, PAIR_RANGE } from './testdata/pair.ts';

type More = (writer: SeriesWriter, labels: Readonly<Record<string, string>>) => void;

const node = { machine_id: 'machine-1', system_uuid: 'uuid' };
const peer = { destination: '10.9.0.1:8080', actual_destination: '10.9.0.1:8080' };
/** Where the two replicas of `shop` listen: one of them, or both, is a database server that somebody probes. */
const probe = { address: '10.9.0.1:8080' };
const replica = { address: '10.9.0.2:8080' };
const seconds = (at: number): number => (at - PAIR_RANGE.from) / 1000;
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
  'dotnet-heap': (w, labels) => {
    w.gauge(
      DOTNET_METRICS.heapSize.name,
      { ...labels, application: 'a', generation: 'Gen2' },
      during(1e8, 480e6),
    );
    w.gauge(C.memoryLimit.name, labels, () => 512e6);
  },
  'dotnet-gc': (w, labels) =>
    w.counter(
      DOTNET_METRICS.gcCount.name,
      { ...labels, application: 'a', generation: 'Gen2' },
      during(0.1, 30),
    ),
  'postgres-connections': (w) => {
    w.gauge(P.up.name, probe, () => 1);
    w.gauge(P.connections.name, { ...probe, db: 'shop', state: 'idle' }, during(9, 97));
    w.gauge(P.setting.name, { ...probe, name: 'max_connections', unit: '' }, () => 100);
    w.gauge(P.setting.name, { ...probe, name: 'superuser_reserved_connections', unit: '' }, () => 3);
  },
  'postgres-replication-lag': (w) => {
    w.gauge(P.up.name, probe, () => 1);
    w.gauge(P.up.name, replica, () => 1);
    w.gauge(P.walCurrentLsn.name, probe, (at) => 1e6 * seconds(at));
    w.gauge(P.walReceiveLsn.name, replica, (at) => 1e6 * seconds(at));
    w.gauge(P.walReplayLsn.name, replica, (at) => 1e6 * Math.min(seconds(at), seconds(PAIR_FAULT)));
  },
  'mysql-connections': (w) => {
    w.gauge(M.up.name, probe, () => 1);
    w.gauge(M.connectionsCurrent.name, probe, during(9, 150));
    w.gauge(M.connectionsMax.name, probe, () => 151);
  },
  'mysql-replication-lag': (w) => {
    w.gauge(M.up.name, replica, () => 1);
    w.gauge(M.replicationLag.name, replica, during(0, 300));
  },
  'mongodb-replication-lag': (w) => {
    for (const [one, role] of [
      [probe, 'primary'],
      [replica, 'secondary'],
    ] as const) {
      w.gauge(MG.up.name, one, () => 1);
      w.gauge(MG.replicaSetStatus.name, { ...one, rs: 'rs0', role }, () => 1);
    }
    w.gauge(MG.lastApplied.name, probe, (at) => at);
    w.gauge(MG.lastApplied.name, replica, (at) => Math.min(at, PAIR_FAULT));
  },
  'redis-memory': (w) => {
    w.gauge(R.up.name, probe, () => 1);
    w.gauge(R.memoryUsed.name, probe, during(4e8, 1e9));
    w.gauge(R.memoryMax.name, probe, () => 1e9);
  },
  'redis-evictions': (w) => {
    w.gauge(R.up.name, probe, () => 1);
    w.counter(R.evictedKeys.name, probe, during(0.1, 60));
  },
  'redis-clients': (w) => {
    w.gauge(R.up.name, probe, () => 1);
    w.counter(R.rejectedConnections.name, probe, during(0, 3));
  },
  'memcached-evictions': (w) => {
    w.gauge(MC.up.name, probe, () => 1);
    w.counter(MC.evicted.name, probe, during(0.1, 60));
  },
  'memcached-clients': (w) => {
    w.gauge(MC.up.name, probe, () => 1);
    w.counter(MC.connectionsRejected.name, probe, during(0, 3));
  },
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

test('without a time before and without a missed objective, what is used up is the impact', () => {
  const throttled: More = (w, labels) => w.counter(C.cpuThrottled.name, labels, () => 0.9);
  const report = investigatePair({ more: throttled });
  assert.match(report.impacted[0]?.message ?? '', /throttled .* no objective is missed/);
  assert.equal(report.causes[0]?.kind, 'cpu-throttled');
  assert.deepEqual(investigatePair({}).impacted, []);
});

test('who waits for the interpreter lock waits for who computes: without more CPU the lock is named, with it the CPU', () => {
  const locked: More = (w, labels) => {
    w.gauge(C.cpuLimit.name, labels, () => 1);
    w.counter(PYTHON_METRICS.lockWait.name, labels, during(0.02, 3));
  };
  const latency = during(0.02, 1.2);
  const kinds = (cpu: ReturnType<typeof during>) =>
    investigatePair({ latency, cpu, more: locked }).causes.map(({ kind }) => kind);
  assert.equal(kinds(during(0.1, 0.12))[0], 'interpreter-lock');
  const [top, ...others] = kinds(during(0.1, 0.7));
  assert.equal(top, 'cpu-hog');
  assert.ok(others.includes('interpreter-lock'), 'that threads wait is told beside it');
});

test('every level is tried here', () => {
  assert.deepEqual(
    LEVELS.map(({ kind }) => kind).filter((kind) => !(kind in signals)),
    [],
  );
});
