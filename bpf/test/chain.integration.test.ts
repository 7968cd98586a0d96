import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { constants } from '../../collector/src/receivers/ebpf/layout.generated.ts';
import { skipReason } from './environment.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { observe } from './observed.ts';
import type { Observed } from './observed.ts';
import { NODE, PORTS, program, startApi, startFrontend } from './servers/start.ts';
import { startOrders, startPostgres, startRedis } from './servers/start.ts';
import { treeShapes } from './trees.ts';

const { nginx, api, orders, redis, postgres } = PORTS;
/** client → nginx → api → redis and orders → postgres, both ends of each hop. */
const COMPLETE =
  `http>${nginx}(http:${nginx}(http>${api}(http:${api}(` +
  `http>${orders}(http:${orders}(postgres>${postgres}(postgres:${postgres}))) ` +
  `redis>${redis}(redis:${redis})))))`;
const SPANS = 10;

/**
 * Nobody in this chain propagates anything. The database connections and the API's Redis connection are there
 * before the programs are loaded.
 */
describe('traces without headers', { skip: skipReason('nginx', 'redis', 'postgres', 'psycopg2') }, () => {
  let namespace: NetworkNamespace;
  before(async () => {
    namespace = new NetworkNamespace();
    await startPostgres(namespace);
    await startRedis(namespace);
    await startOrders(namespace);
    await startApi(namespace);
    await startFrontend(namespace);
    await load(20, 20, 2);
  });
  after(() => namespace.close());

  async function load(count: number, rate: number, connections: number): Promise<void> {
    const numbers = [count, rate, connections].map(String);
    const output = await namespace.run([
      NODE,
      program('client.mjs'),
      String(nginx),
      '/checkout/',
      ...numbers,
    ]);
    assert.deepEqual((JSON.parse(output) as { statuses: unknown }).statuses, { 200: count });
  }

  const watch = (settings: Readonly<Record<string, number | bigint>>): Observed =>
    observe('requests', { netns: [namespace.inode] }, { slow_threshold_ns: 3_600_000_000_000n, ...settings });

  test('200 requests/s on kept-alive connections become complete trees', async (context) => {
    const observed = watch({ span_rate_per_second: 100_000 });
    try {
      await load(1000, 200, 16);
      await observed.settle();
      const shapes = treeShapes(observed.events);
      const complete = shapes.get(COMPLETE) ?? 0;
      context.diagnostic(`${complete} of 1000 requests became one complete tree of ${SPANS} spans`);
      assert.equal(observed.counter(constants.GS_COUNTER_REQUESTS), 1000 * SPANS);
      assert.ok(complete >= 950, JSON.stringify([...shapes].sort(([, a], [, b]) => b - a).slice(0, 4)));
    } finally {
      observed.close();
    }
  });

  test('sampling keeps or drops whole trees, within the budget', async (context) => {
    const observed = watch({ span_rate_per_second: 300 });
    try {
      // Two seconds to learn the rate.
      await load(200, 100, 8);
      await observed.settle();
      const early = observed.events.length;
      await load(300, 100, 8);
      await observed.settle();
      const kept = observed.events.slice(early);
      const shapes = treeShapes(kept);
      const roots = [...shapes.values()].reduce((sum, count) => sum + count, 0);
      const complete = shapes.get(COMPLETE) ?? 0;
      context.diagnostic(`kept ${roots} of 300 trees, ${complete} of them complete`);
      assert.ok(roots > 0 && roots < 300);
      assert.ok(complete >= roots * 0.95, JSON.stringify([...shapes]));
      assert.ok(observed.counter(constants.GS_COUNTER_SPANS_SAMPLED_OUT) > 0);
    } finally {
      observed.close();
    }
  });
});
