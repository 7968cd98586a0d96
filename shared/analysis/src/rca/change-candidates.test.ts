// Changes that no metric of a resource shows: rollouts with the same image, events, settings, schemas, pools.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter, type Course, type Lifetime } from '@gumshoe/model/testdata/series-writer';
import { CONTAINER_METRICS as C, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { MYSQL_METRICS as M } from '@gumshoe/schema/metrics/mysql';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { inspectWorld } from '../inspect.ts';
import { NO_EXTRA_EVIDENCE } from './evidence-store.ts';
import type { ObservedEvent } from './events.ts';
import { investigate } from './investigate.ts';

const FROM = 1_790_000_000_000;
const FAULT = FROM + 20 * 60_000;
const RANGE = { from: milliseconds(FROM), to: milliseconds(FROM + 30 * 60_000) };
const HTTP = REQUEST_METRICS.http;

type Writer = (writer: SeriesWriter, labels: Readonly<Record<string, string>>) => void;

interface Options {
  /** Instants at which the pods of `cart` are replaced, and whether by a new image. */
  readonly rollouts?: readonly { readonly at: number; readonly image?: string }[];
  readonly events?: readonly ObservedEvent[];
  /** Series of the first pod of `cart`. */
  readonly more?: Writer;
  readonly errors?: Course;
}

const since =
  (bad: number): Course =>
  (at) =>
    at > FAULT ? bad : 0;
const REPLICA_SETS = ['5d8f7c9b6d', '7bcf9d8c5f', '6c4d5b9f7b'];

/** `web` calls `cart`, a Deployment of two pods, which fails from some instant on. */
function explain({ rollouts = [], events = [], more, errors = since(0.4) }: Options) {
  const writer = new SeriesWriter(RANGE, 15_000);
  const node = { machine_id: 'machine-1', system_uuid: 'uuid' };
  const of = (pod: string, name: string) => ({
    ...node,
    container_id: `/k8s/shop/${pod}/${name}`,
    app_id: '',
  });
  const web = of('web-9f8d7c6b5-aaaaa', 'web');
  writer.counter(C.cpuUsage.name, web, () => 0.1);
  writer.gauge(C.info.name, { ...web, image: 'web:1' }, () => 1);
  const bounds = [-Infinity, ...rollouts.map(({ at }) => at), Infinity];
  let image = 'cart:1';
  bounds.slice(0, -1).forEach((from, i) => {
    image = rollouts[i - 1]?.image ?? image;
    const to = bounds[i + 1]!;
    const lifetime: Lifetime = { ...(from > 0 ? { from } : {}), ...(to < Infinity ? { to } : {}) };
    for (const replica of ['x2x4z', 'k7h9q']) {
      const labels = of(`cart-${REPLICA_SETS[i]}-${replica}`, 'cart');
      const address = `10.3.${i}.${replica.codePointAt(0)!}:8080`;
      writer.counter(C.cpuUsage.name, labels, () => 0.1, lifetime);
      writer.gauge(C.info.name, { ...labels, image }, () => 1, lifetime);
      writer.gauge(C.tcpListen.name, { ...labels, listen_addr: address, proxy: '' }, () => 1, lifetime);
      writer.counter(
        HTTP.inbound.name,
        { ...labels, status: '200' },
        (at) => 20 * (1 - errors(at)),
        lifetime,
      );
      writer.counter(HTTP.inbound.name, { ...labels, status: '500' }, (at) => 20 * errors(at), lifetime);
      writer.histogram(
        HTTP.inboundDuration.name,
        labels,
        () => 20,
        () => 0.02,
        lifetime,
      );
      const to = { ...web, destination: address, actual_destination: address };
      writer.counter(HTTP.count.name, { ...to, status: '200' }, (at) => 20 * (1 - errors(at)), lifetime);
      writer.counter(HTTP.count.name, { ...to, status: '500' }, (at) => 20 * errors(at), lifetime);
      writer.histogram(
        HTTP.duration.name,
        to,
        () => 20,
        () => 0.02,
        lifetime,
      );
    }
  });
  writer.counter(HTTP.inbound.name, { ...web, status: '200' }, (at) => 40 * (1 - errors(at)));
  writer.counter(HTTP.inbound.name, { ...web, status: '500' }, (at) => 40 * errors(at));
  writer.histogram(
    HTTP.inboundDuration.name,
    web,
    () => 40,
    () => 0.03,
  );
  more?.(writer, of('cart-5d8f7c9b6d-x2x4z', 'cart'));
  const inspected = inspectWorld(buildWorld(writer.series, RANGE, { history: 0 }));
  const { causes } = investigate(inspected, { extra: { ...NO_EXTRA_EVIDENCE, events } });
  const [top] = causes;
  return { causes, top, found: top && [top.kind, top.application.split(':').at(-1)] };
}

const event = (at: number, reason: string, kind: string, name: string, text = reason): ObservedEvent => ({
  at: milliseconds(at),
  reason,
  kind,
  name,
  namespace: kind === 'Node' ? '' : 'shop',
  text,
});
const MINUTE = 60_000;

test('pods replaced by pods of the same image: something else of the deployment was changed', () => {
  const { top, found } = explain({ rollouts: [{ at: FAULT - 20_000 }] });
  assert.deepEqual(found, ['rollout', 'cart']);
  assert.match(top!.title, /with the same image/);
  assert.ok(top!.placebo && top!.falsifier.statement !== '' && top!.evidence.length > 0);
});

test('a new image is told from a rollout of the same', () => {
  const { found } = explain({ rollouts: [{ at: FAULT - 20_000, image: 'cart:2' }] });
  assert.deepEqual(found, ['image-change', 'cart']);
});

const told: readonly (readonly [string, string, string, string])[] = [
  ['OOMKilling', 'Pod', 'cart-5d8f7c9b6d-x2x4z', 'Memory cgroup out of memory: Killed process 1 (cart)'],
  ['BackOff', 'Pod', 'cart-5d8f7c9b6d-x2x4z', 'Back-off restarting failed container'],
  ['FailedScheduling', 'Pod', 'cart-5d8f7c9b6d-zzzzz', '0/3 nodes are available: 3 Insufficient cpu.'],
  ['Evicted', 'Pod', 'cart-5d8f7c9b6d-k7h9q', 'The node was low on resource: ephemeral-storage.'],
  ['Unhealthy', 'Pod', 'cart-5d8f7c9b6d-k7h9q', 'Liveness probe failed: HTTP probe failed with 500'],
  ['NodeNotReady', 'Node', 'machine-1', 'Node machine-1 status is now: NodeNotReady'],
  ['ImagePullBackOff', 'Pod', 'cart-5d8f7c9b6d-zzzzz', 'Back-off pulling image cart:3'],
];

for (const [reason, kind, name, text] of told)
  test(`${reason}: an event about ${kind} ${name} is the reason`, () => {
    const events = [
      event(FAULT - 30_000, reason, kind, name, text),
      event(FAULT, reason, 'Pod', 'mail-0', text),
    ];
    const { top, causes } = explain({ events });
    const about = causes.filter((one) => one.kind === 'kubernetes-event');
    assert.ok(
      about.some((one) => one.application.endsWith(':cart')),
      JSON.stringify(causes.map((one) => one.kind)),
    );
    assert.ok(top!.kind === 'kubernetes-event' || reason === 'Unhealthy', top!.kind);
    assert.equal(about[0]!.evidence[0]!.kind, 'logs');
    assert.ok(about[0]!.remediation.length > 10 && about[0]!.falsifier.statement.length > 10);
  });

test('what Kubernetes notes all the time, or about others, is no reason', () => {
  const always = Array.from({ length: 30 }, (_, i) =>
    event(FROM + i * MINUTE, 'Unhealthy', 'Pod', 'cart-5d8f7c9b6d-k7h9q'),
  );
  const others = [event(FAULT, 'BackOff', 'Pod', 'cartographer-5d8f7c9b6d-k7h9q')];
  const { causes } = explain({ events: [...always, ...others] });
  assert.ok(causes.every(({ kind }) => kind !== 'kubernetes-event'));
});

test('settings that were changed shortly before are the reason, those of others are not', () => {
  const changed = event(
    FAULT - 40_000,
    'Update',
    'ConfigMap',
    'cart-config',
    'ConfigMap shop/cart-config updated',
  );
  const { top, found } = explain({ events: [changed] });
  assert.deepEqual(found, ['configuration-change', 'cart']);
  assert.match(top!.title, /ConfigMap cart-config was changed/);
  const flag = event(FAULT - 40_000, '', '', 'flags', 'feature flag new_pricing enabled for cart');
  assert.deepEqual(explain({ events: [flag] }).found, ['configuration-change', 'cart']);
  const others = event(
    FAULT - 40_000,
    'Update',
    'ConfigMap',
    'mail-config',
    'ConfigMap shop/mail-config updated',
  );
  const kinds = explain({ events: [others] }).causes.map(({ kind, score }) => [kind, score] as const);
  assert.notEqual(kinds[0]![0], 'configuration-change');
  const old = event(FAULT - 15 * MINUTE, 'Update', 'ConfigMap', 'cart-config', 'ConfigMap updated');
  assert.ok(explain({ events: [old] }).causes.every(({ kind }) => kind !== 'configuration-change'));
});

const address = { address: '10.3.0.120:8080' };

test('data definition that begins with the trouble is the reason: in top queries, and in logs', () => {
  const postgres: Writer = (w) => {
    w.gauge(P.up.name, address, () => 1);
    const query = {
      ...address,
      db: 'shop',
      user: 'migration',
      query: 'ALTER TABLE orders ADD COLUMN note text',
    };
    w.gauge(P.topQueryTime.name, query, since(0.9));
  };
  const mysql: Writer = (w) => {
    w.gauge(M.up.name, address, () => 1);
    w.gauge(
      M.topQueryTime.name,
      { ...address, schema: 'shop', query: 'CREATE INDEX i ON orders (note)' },
      since(0.9),
    );
  };
  const logs: Writer = (w, labels) =>
    w.counter(
      C.logMessages.name,
      {
        ...labels,
        source: 'stdout',
        level: 'info',
        pattern_hash: 'd1',
        sample: 'applying V42: DROP INDEX orders_i',
      },
      since(0.05),
    );
  for (const more of [postgres, mysql, logs]) {
    const { top, found } = explain({ more });
    assert.deepEqual(found, ['schema-change', 'cart']);
    assert.match(top!.title, /ALTER TABLE|CREATE INDEX|DROP INDEX/);
  }
  const usual: Writer = (w) => {
    w.gauge(P.up.name, address, () => 1);
    w.gauge(P.topQueryTime.name, { ...address, db: 'shop', user: 'a', query: 'TRUNCATE staging' }, () => 0.2);
  };
  assert.ok(explain({ more: usual }).causes.every(({ kind }) => kind !== 'schema-change'));
});

test('a pool that runs out says so in logs, in the words of its driver', () => {
  for (const sample of [
    'HikariPool-1 - Connection is not available, request timed out after 30000ms',
    'QueuePool limit of size 5 overflow 10 reached, connection timed out',
    'FATAL: remaining connection slots are reserved for superusers',
    'ERROR 1040 (HY000): Too many connections',
  ]) {
    const more: Writer = (w, labels) =>
      w.counter(
        C.logMessages.name,
        { ...labels, source: 'stdout', level: 'error', pattern_hash: 'p1', sample },
        since(2),
      );
    assert.deepEqual(explain({ more }).found, ['pool-exhausted', 'cart'], sample);
  }
});
