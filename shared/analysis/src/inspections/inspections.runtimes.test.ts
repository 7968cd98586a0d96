import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Course } from '@gumshoe/model/testdata/series-writer';
import { levelChecks } from './testdata/level-case.ts';
import { RUNTIME_CASES } from './testdata/level-cases.ts';
import { APP, AREA_RANGE, findingOf, smallWorld } from './testdata/small-world.ts';

for (const { name, complaints } of RUNTIME_CASES.flatMap(levelChecks))
  test(name, () => assert.deepEqual(complaints(), []));

for (const [id, metric, labels] of [
  ['jvm-availability', 'container_jvm_info', { jvm: 'shop.Main', java_version: '17' }],
  ['dotnet-availability', 'container_dotnet_info', { application: 'shop.dll', runtime_version: '8' }],
] as const) {
  const world = (to: number, lifetime = {}) =>
    smallWorld((writer) => {
      writer.gauge('container_resources_memory_rss_bytes', APP, () => 1e8, lifetime);
      writer.gauge(metric, { ...APP, ...labels }, () => 1, { to });
    });

  test(`${id} notices a runtime that is gone while its container is up`, () => {
    const finding = findingOf(id, world(AREA_RANGE.to - 300_000));
    assert.equal(finding?.health, 'warning');
    assert.match(finding?.message ?? '', /Nothing is heard of the .* in app any more/);
    assert.equal(findingOf(id, world(AREA_RANGE.to))?.health, 'ok');
    assert.equal(findingOf(id, world(AREA_RANGE.to - 30_000))?.health, 'ok', 'one missed point');
    assert.equal(findingOf(id, smallWorld()), undefined);
  });
}

test('a program that always threw many exceptions does not start to', () => {
  const series = smallWorld((writer) =>
    writer.counter('container_dotnet_exceptions_total', { ...APP, application: 'shop.dll' }, () => 50),
  );
  assert.equal(findingOf('dotnet-exceptions', series)?.health, 'ok');
});

test('a replica that takes up work after a deployment allocates as its siblings do', () => {
  const begins = AREA_RANGE.to - 600_000;
  const rollout = (late: number) =>
    smallWorld((writer) => {
      for (const i of [1, 2, 3]) {
        const labels = { ...APP, container_id: `/shop.slice/web@${i}.service` };
        const busy = () => 200e6;
        // the last one idles for a while before it gets requests
        const begun: Course = (at) => (at < begins + 240_000 ? 1e6 : late);
        if (i < 3) writer.counter('container_go_alloc_bytes_total', labels, busy);
        else writer.counter('container_go_alloc_bytes_total', labels, begun, { from: begins });
      }
    });
  const health = (late: number) => findingOf('go-allocations', rollout(late), { application: 'web' })?.health;
  assert.equal(health(200e6), 'ok');
  assert.equal(health(900e6), 'warning');
});
