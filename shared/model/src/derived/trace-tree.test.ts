import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TreeSpan } from './span.ts';
import { traceTree } from './trace-tree.ts';
import { traceSummaries } from './trace-summaries.ts';

const span = (
  spanId: string,
  parentSpanId: string,
  start: number,
  duration: number,
  more: Partial<TreeSpan> = {},
): TreeSpan => ({
  traceId: 't',
  spanId,
  parentSpanId,
  serviceName: spanId,
  start,
  duration,
  status: 'Ok',
  attributes: {},
  ...more,
});

test('a tree comes out depth first with depth, offset and own time', () => {
  const tree = traceTree([
    span('db', 'orders', 130, 50),
    span('api', 'web', 110, 80),
    span('web', '', 100, 100),
    span('orders', 'api', 120, 65),
    span('cache', 'api', 111, 5),
  ]);
  const rows = tree.spans.map((one) => [one.span.spanId, one.depth, one.offset, one.selfTime]);
  assert.deepEqual(rows, [
    ['web', 0, 0, 20],
    ['api', 1, 10, 10],
    ['cache', 2, 11, 5],
    ['orders', 2, 20, 15],
    ['db', 3, 30, 50],
  ]);
  assert.equal(tree.orphans, 0);
});

test('the critical path is what the end of each span waited for', () => {
  const tree = traceTree([
    span('web', '', 0, 100),
    span('early', 'web', 5, 40),
    span('slow', 'web', 10, 85),
    span('after', 'web', 96, 3),
  ]);
  const critical = tree.spans.filter((one) => one.criticalPath).map((one) => one.span.spanId);
  assert.deepEqual(critical, ['web', 'slow', 'after']);
});

test('a span without its parent is an orphan beside the root', () => {
  const tree = traceTree([span('web', '', 10, 10), span('lost', 'gone', 5, 10)]);
  assert.deepEqual(
    tree.spans.map((one) => one.span.spanId),
    ['web', 'lost'],
  );
  assert.equal(tree.orphans, 1);
});

test('only links by order are inferred', () => {
  const link = (value: string) => ({ attributes: { 'gumshoe.parent.link': value } });
  const tree = traceTree([
    span('a', '', 0, 9),
    span('b', 'a', 1, 1, link('order')),
    span('c', 'a', 3, 1, link('thread')),
  ]);
  assert.deepEqual(
    tree.spans.map((one) => one.inferred),
    [false, true, false],
  );
});

test('overlapping children are not subtracted twice', () => {
  const tree = traceTree([span('a', '', 0, 10), span('b', 'a', 1, 5), span('c', 'a', 3, 5)]);
  assert.equal(tree.spans[0]!.selfTime, 3);
});

test('every span comes out once, whatever the links', () => {
  const id = fc.integer({ min: 0, max: 8 }).map(String);
  const arbitrary = fc.array(
    fc.tuple(
      id,
      fc.option(id, { nil: '' }),
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 0, max: 50 }),
    ),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(arbitrary, (rows) => {
      const spans = rows.map(([own, parent, start, duration]) => span(own, parent, start, duration));
      const tree = traceTree(spans);
      const out = tree.spans.map((one) => one.span.spanId);
      assert.deepEqual([...out].sort(), [...new Set(spans.map((one) => one.spanId))].sort());
      assert.ok(tree.spans.every((one) => one.selfTime >= 0 && one.offset >= 0));
    }),
  );
});

test('a summary tells root, services, errors and the whole duration', () => {
  const [summary] = traceSummaries([
    span('api', 'web', 110, 200, { status: 'Error' }),
    span('web', '', 100, 100),
  ]);
  assert.equal(summary!.root.spanId, 'web');
  assert.deepEqual(summary!.services, ['web', 'api']);
  assert.equal(summary!.errors, 1);
  assert.equal(summary!.duration, 210);
});
