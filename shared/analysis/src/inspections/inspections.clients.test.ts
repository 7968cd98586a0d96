import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels } from '@gumshoe/base/series';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { traceSeries, type CountedSpan } from '@gumshoe/model/derived/trace-series';
import type { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { inspectWorld } from '../inspect.ts';
import { levelChecks } from './testdata/level-case.ts';
import { CLIENT_CASES } from './testdata/database-cases.ts';
import { traffic } from './testdata/database-world.ts';
import { AREA_RANGE, findingOf, smallWorld } from './testdata/small-world.ts';

/** All kinds are made alike: what takes a world for each moment is looked at for one. */
const THOROUGHLY = /^mysql-/;

for (const one of CLIENT_CASES) {
  const checks = levelChecks(one);
  for (const { name, complaints } of THOROUGHLY.test(one.inspection) ? checks : checks.slice(0, 2))
    test(name, () => assert.deepEqual(complaints(), []));
}

const MYSQL = {
  count: 'container_mysql_queries_total',
  duration: 'container_mysql_queries_duration_seconds_total',
};
const LATE = AREA_RANGE.to - 600_000;

test('a client whose connections are refused, or whose requests nobody answers, is cut off', () => {
  const refused = smallWorld((writer) => {
    const to = traffic(writer, 3306, MYSQL, { rate: (at) => (at < LATE ? 20 : 0) });
    writer.counter('container_net_tcp_successful_connects_total', to, (at) => Number(at < LATE));
    writer.counter('container_net_tcp_failed_connects_total', to, (at) => Number(at >= LATE));
  });
  const finding = findingOf('mysql-clients-availability', refused);
  assert.equal(finding?.health, 'warning');
  assert.match(finding.message, /peer fails to connect to app in 100 % of its attempts, its only client/);
  const hanging = smallWorld((writer) => {
    const to = traffic(writer, 3306, MYSQL, { rate: (at) => (at < LATE ? 20 : 0) });
    const age = 'container_mysql_queries_in_flight_age_seconds';
    writer.gauge(age, to, (at) => Math.max(0, (at - LATE) / 1000));
  });
  const silent = findingOf('mysql-clients-availability', hanging);
  assert.equal(silent?.health, 'warning');
  assert.match(silent.message, /peer gets no answer from app/);
});

test('a slow request beside answered ones, a few refusals and a silent client are no outage', () => {
  const calm = (write: (writer: SeriesWriter, to: Labels) => void) =>
    findingOf(
      'mysql-clients-availability',
      smallWorld((writer) => write(writer, traffic(writer, 3306, MYSQL, {}))),
    )?.health;
  const age = 'container_mysql_queries_in_flight_age_seconds';
  assert.equal(
    calm((writer, to) => writer.gauge(age, to, () => 60)),
    'ok',
  );
  const few = calm((writer, to) => {
    writer.counter('container_net_tcp_successful_connects_total', to, () => 2);
    writer.counter('container_net_tcp_failed_connects_total', to, () => 0.1);
  });
  assert.equal(few, 'ok');
  const stops = smallWorld((writer) => {
    traffic(writer, 3306, MYSQL, { rate: (at) => (at < LATE ? 20 : 0) });
  });
  assert.equal(findingOf('mysql-clients-availability', stops)?.health, 'ok');
});

test('a handful of requests proves nothing', () => {
  const rare = smallWorld((writer) => {
    const slow = (at: number) => (at < LATE ? 0.001 : 3);
    traffic(writer, 3306, MYSQL, { rate: () => 0.1, mean: slow, failed: (at) => Number(at >= LATE) });
  });
  for (const id of ['mysql-clients-latency', 'mysql-clients-errors'])
    assert.notEqual(findingOf(id, rare)?.health, 'warning', id);
});

test('a queue and a store that only spans tell of are judged by what their clients see', () => {
  const system: Readonly<Record<string, Labels>> = {
    kafka: { 'messaging.system': 'kafka' },
    search: { 'db.system': 'elasticsearch' },
  };
  const spans = Array.from({ length: 7200 }, (_, i): CountedSpan => {
    const start = AREA_RANGE.from + 250 * i;
    const peer = i % 2 === 0 ? 'kafka' : 'search';
    return {
      traceId: `${i}`,
      spanId: `${i}`,
      parentSpanId: '',
      name: 'send',
      kind: 'Client',
      serviceName: 'orders',
      start,
      duration: start < LATE || peer === 'search' ? 5 : 2000,
      status: start >= LATE && peer === 'search' ? 'Error' : 'Unset',
      attributes: { 'peer.service': peer, ...system[peer] },
    };
  });
  const { applications } = inspectWorld(buildWorld(traceSeries(spans), AREA_RANGE));
  const fired = applications.flatMap(({ application, findings }) =>
    findings
      .filter(({ inspection, health }) => inspection.includes('clients') && health === 'warning')
      .map(({ inspection, message }) => `${application.type} ${inspection}: ${message}`),
  );
  assert.deepEqual(fired, [
    'kafka kafka-clients-latency: 95 % of the requests to kafka are answered within 2.42 s, usually 4.88 ms (threshold 1 s).',
    'elasticsearch elasticsearch-clients-errors: 100 % of the requests to search fail; most of them from orders, usually 0 % (threshold 5 %).',
  ]);
});
