import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { constants } from '../../collector/src/receivers/ebpf/layout.generated.ts';
import { text } from './decode.ts';
import type { Struct } from './decode.ts';
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
const { GS_OUTBOUND } = constants;

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

  test('what is kept of a burst stands for all of it', async (context) => {
    const observed = watch({ span_rate_per_second: 600 });
    try {
      await load(1200, 300, 8);
      await observed.settle();
      const roots = observed.events.filter((span) => span['parent_link'] === constants.GS_PARENT_NONE);
      const stoodFor = roots.reduce((sum, span) => sum + 1e6 / (span['keep_ppm'] as number), 0);
      context.diagnostic(`${roots.length} of 1200 roots kept, which stand for ${stoodFor.toFixed(0)}`);
      assert.ok(roots.length < 1100);
      // chance makes some 50 of it
      assert.ok(Math.abs(stoodFor - 1200) < 240, `stand for ${stoodFor}`);
    } finally {
      observed.close();
    }
  });

  test('threads that hand requests over get a parent when it is certain, and never a wrong one', async (context) => {
    const [port, backend] = ['8010', '8011'];
    await namespace.serve([NODE, program('moody.mjs'), backend], /ready/);
    await namespace.serve(['/usr/bin/python3', program('hand-over.py'), port, backend, '4'], /ready/);
    const observed = watch({ span_rate_per_second: 100_000 });
    try {
      const send = (count: number, rate: number, connections: number): Promise<string> =>
        namespace.run([
          NODE,
          program('client.mjs'),
          port,
          '/ask/',
          ...[count, rate, connections].map(String),
        ]);
      /** Requests to the backend: with a parent, and those of them whose parent is another request. */
      const judge = (spans: readonly Struct[]): { linked: number; wrong: number } => {
        const numbers = new Map(spans.map((span) => [span['span_id'], numberOf(span)]));
        const children = spans.filter(
          (span) => pathOf(span).startsWith('/work/') && span['direction'] === GS_OUTBOUND,
        );
        const linked = children.filter((span) => span['parent_span_id'] !== 0n);
        const wrong = linked.filter((span) => numbers.get(span['parent_span_id']) !== numberOf(span));
        return { linked: linked.length, wrong: wrong.length };
      };
      await send(20, 20, 1);
      await observed.settle();
      const learnt = observed.events.length;
      await send(30, 30, 1);
      await observed.settle();
      const alone = judge(observed.events.slice(learnt));
      assert.deepEqual(alone, { linked: 30, wrong: 0 });
      const before = observed.events.length;
      await send(200, 200, 8);
      await observed.settle();
      const together = judge(observed.events.slice(before));
      context.diagnostic(
        `${together.linked} of 200 requests at once got a parent, ${together.wrong} a wrong one`,
      );
      assert.equal(together.wrong, 0);
    } finally {
      observed.close();
    }
  });
});

function pathOf(span: Struct): string {
  return text(span['payload'] as Uint8Array).split(' ')[1] ?? '';
}

function numberOf(span: Struct): string {
  return pathOf(span).split('/')[2] ?? '';
}
