import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Course } from '@gumshoe/model/testdata/series-writer';
import { levelChecks } from './testdata/level-case.ts';
import { STORAGE_CASES } from './testdata/level-cases.ts';
import { APP, AREA_RANGE, findingOf, NODE, smallWorld } from './testdata/small-world.ts';

for (const { name, complaints } of STORAGE_CASES.flatMap(levelChecks))
  test(name, () => assert.deepEqual(complaints(), []));

test('a single failed request of a disk counts, for those who keep something on it', () => {
  const world = (errors: Course) =>
    smallWorld((writer) => {
      const disk = { ...NODE, device: 'sda' };
      writer.gauge(
        'container_resources_disk_used_bytes',
        { ...APP, mount_point: '/data', device: 'sda', volume: '' },
        () => 1,
      );
      writer.counter('node_resources_disk_io_errors_total', { ...disk, operation: 'write' }, errors);
    });
  const once: Course = (at) => (at === AREA_RANGE.from + 900_000 ? 1 / 15 : 0);
  const finding = findingOf('storage-io-errors', world(once));
  assert.equal(finding?.health, 'warning');
  assert.match(finding.message, /1 request to sda on node-1, where \/data of app lies, failed in the window/);
  assert.equal(
    findingOf(
      'storage-io-errors',
      world(() => 0),
    )?.health,
    'ok',
  );
  assert.equal(findingOf('storage-io-errors', world(once), { application: 'peer' }), undefined);
  assert.equal(findingOf('storage-io-errors', smallWorld()), undefined);
});

test('of a pod, only volumes count for the space on disk', () => {
  const pod = { ...NODE, container_id: '/k8s/shop/db-0/main', app_id: '' };
  const world = (volume: string) =>
    smallWorld((writer) => {
      const disk = { ...pod, mount_point: '/data', device: 'sda', volume };
      writer.gauge('container_resources_disk_used_bytes', disk, () => 95);
      writer.gauge('container_resources_disk_size_bytes', disk, () => 100);
    });
  assert.equal(findingOf('storage-space', world('pvc-1'), { application: 'db' })?.health, 'warning');
  assert.equal(findingOf('storage-space', world(''), { application: 'db' }), undefined);
});
