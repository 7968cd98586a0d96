import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Course, SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { levelChecks } from './testdata/level-case.ts';
import { CPU_CASES } from './testdata/level-cases.ts';
import { APP, NODE, PEER, changesOf, findingOf, smallWorld, swinging } from './testdata/small-world.ts';

for (const { name, complaints } of CPU_CASES.flatMap(levelChecks))
  test(name, () => assert.deepEqual(complaints(), []));

/** `app` wants a CPU on a node that `peer` keeps busy. */
function crowded(writer: SeriesWriter, peerCores: number, delay: Course, busy = 4): void {
  const usage = 'container_resources_cpu_usage_seconds_total';
  writer.counter(usage, PEER, () => peerCores);
  writer.counter(usage, APP, () => 0.4);
  writer.counter('container_resources_cpu_delay_seconds_total', APP, delay);
  writer.counter('container_resources_cpu_delay_seconds_total', PEER, () => 0.1);
  const node = 'node_resources_cpu_usage_seconds_total';
  writer.counter(node, { ...NODE, mode: 'user' }, () => busy);
  writer.counter(node, { ...NODE, mode: 'idle' }, () => 4 - busy);
}

test('a noisy neighbour is named with its share and whom it delays, and the other way round', () => {
  const series = smallWorld((writer) => crowded(writer, 3.2, () => 0.8));
  const victim = findingOf('cpu-contention', series);
  assert.equal(victim?.health, 'warning');
  assert.match(
    victim?.message ?? '',
    /app waits 800 ms per second .* where peer of peer uses 3\.2 cores, 80 %/,
  );
  const culprit = findingOf('noisy-neighbour', series, { application: 'peer' });
  assert.equal(culprit?.health, 'warning');
  assert.match(
    culprit?.message ?? '',
    /peer uses 3\.2 cores of the 4 of node-1, 80 % .* delays app \(800 ms\/s\)/,
  );
  assert.equal(findingOf('noisy-neighbour', series), undefined, 'the victim is none itself');
});

test('nobody is noisy on a node with CPUs to spare, without waiting, or when nobody stands out', () => {
  const silent = (write: Parameters<typeof smallWorld>[0]) => {
    for (const application of ['app', 'peer'])
      for (const id of ['cpu-contention', 'noisy-neighbour'])
        assert.equal(findingOf(id, smallWorld(write), { application }), undefined, `${application} ${id}`);
  };
  silent(undefined);
  silent((writer) => crowded(writer, 2, () => 0.8, 2.4));
  silent((writer) => crowded(writer, 3.2, () => 0.24));
  silent((writer) => crowded(writer, 1.5, () => 0.8));
});

test('a noisy neighbour does not come and go', () => {
  const series = smallWorld((writer) => crowded(writer, 3.2, swinging(0.25, 0.2)));
  assert.ok(changesOf('noisy-neighbour', series, 'peer') <= 1);
});
