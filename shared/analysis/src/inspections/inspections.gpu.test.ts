import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelChecks } from './testdata/level-case.ts';
import { GPU_CASES } from './testdata/level-cases.ts';
import { APP, NODE, findingOf, smallWorld } from './testdata/small-world.ts';

for (const { name, complaints } of GPU_CASES.flatMap(levelChecks))
  test(name, () => assert.deepEqual(complaints(), []));

test('a busy GPU of a job that nobody waits for is as it should be', () => {
  const series = smallWorld((writer) => {
    writer.gauge('container_resources_gpu_usage_percent', { ...APP, gpu_uuid: 'GPU-1' }, () => 99);
    writer.gauge('node_resources_gpu_utilization_percent_avg', { ...NODE, gpu_uuid: 'GPU-1' }, () => 99);
  });
  assert.equal(findingOf('gpu-utilization', series), undefined);
});

test('a hot GPU concerns those who use it alone', () => {
  const series = smallWorld((writer) => {
    writer.gauge('container_resources_gpu_usage_percent', { ...APP, gpu_uuid: 'GPU-1' }, () => 99);
    writer.gauge('node_resources_gpu_temperature_celsius', { ...NODE, gpu_uuid: 'GPU-1' }, () => 99);
  });
  assert.equal(findingOf('gpu-temperature', series)?.health, 'warning');
  assert.equal(findingOf('gpu-temperature', series, { application: 'peer' }), undefined);
});
