import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { meanOf } from '../columns.ts';
import { SeriesWriter } from '../testdata/series-writer.ts';
import { buildWorld } from './build-world.ts';

const FROM = 1_790_000_000_000;
const range = { from: milliseconds(FROM), to: milliseconds(FROM + 60 * 60_000) };
const DEATH = FROM + 50 * 60_000;

const labels = (container: string) => ({
  container_id: `/k8s/shop/cart-5d8f7c9b6d-x2x4z/${container}`,
  machine_id: 'node-1',
});

function cartOf(write: (writer: SeriesWriter) => void) {
  const writer = new SeriesWriter(range, 15_000);
  write(writer);
  const world = buildWorld(writer.series, range, { history: 0 });
  return { instance: world.applications[0]!.instances[0]!, grid: world.grid };
}

test('a pod whose own container died is down, although its sidecar lives', () => {
  const { instance } = cartOf((writer) => {
    writer.counter(C.cpuUsage.name, labels('cart'), () => 0.2, { to: DEATH });
    writer.counter(C.cpuUsage.name, labels('istio-proxy'), () => 0.05);
  });
  assert.equal(instance.state, 'down');
  assert.equal(instance.downtimes.length, 1);
  assert.ok(Math.abs(instance.downtimes[0]!.from - DEATH) <= 30_000);
});

test('what is alone in its pod, or goes beside another program, is the work itself', () => {
  const alone = cartOf((writer) => writer.counter(C.cpuUsage.name, labels('envoy'), () => 0.2));
  assert.equal(alone.instance.state, 'up');
  const beside = cartOf((writer) => {
    writer.counter(C.cpuUsage.name, labels('cart'), () => 0.2, { to: DEATH });
    writer.counter(C.cpuUsage.name, labels('worker'), () => 0.2);
  });
  assert.equal(beside.instance.state, 'up');
});

test('a sidecar without a limit is not held against the limit of its pod', () => {
  const usage = (sidecarLimit: number | undefined): number => {
    const { instance, grid } = cartOf((writer) => {
      writer.counter(C.cpuUsage.name, labels('cart'), () => 0.8);
      writer.gauge(C.cpuLimit.name, labels('cart'), () => 1);
      writer.counter(C.cpuUsage.name, labels('istio-proxy'), () => 0.4);
      if (sidecarLimit !== undefined)
        writer.gauge(C.cpuLimit.name, labels('istio-proxy'), () => sidecarLimit);
    });
    const all = { lo: 0, hi: grid.points };
    return meanOf(instance.cpuUsage, all) / meanOf(instance.cpuLimit!, all);
  };
  assert.ok(Math.abs(usage(undefined) - 0.8) < 0.01);
  assert.ok(Math.abs(usage(2) - 0.4) < 0.01);
});
