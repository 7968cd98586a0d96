// What is no longer measured is neither well nor broken: an inspection whose signals ended says nothing of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { AREA_WORLDS, AREA_RANGE } from './testdata/area-worlds.ts';
import { APP, findingOf, NODE, smallWorld } from './testdata/small-world.ts';

/** Who goes on telling: nodes and containers are there, and what they are limited to is known. */
const LASTING =
  /^(node_info|container_info|node_resources_cpu_logical_cores|container_net_tcp_listen_info|.*(_limit|_limit_.*|_max|_maxclients|_disk_size_bytes|_total_bytes|ephemeral_ports|_connections_max|pg_setting))$/;
const END = AREA_RANGE.to - 600_000;

const cut = (series: Series): Series => {
  if (LASTING.test(series.labels.__name__!)) return series;
  const end = series.timestamps.findLastIndex((at) => at <= END) + 1;
  return { ...series, timestamps: series.timestamps.slice(0, end), values: series.values.slice(0, end) };
};

/** A silent probe or runtime of a server that is there is a finding in itself. */
const SILENCE_COUNTS = /-availability$/;

const COUNTING = ['instance-restarts', 'memory-oom', 'storage-io-errors', 'log-errors'];

for (const [inspection, write] of Object.entries(AREA_WORLDS)) {
  if (SILENCE_COUNTS.test(inspection)) continue;
  test(`${inspection} says nothing of what is no longer measured`, () => {
    assert.equal(findingOf(inspection, write().map(cut))?.message, undefined);
  });
}

test('nothing is counted in a window in which nobody counts', () => {
  const range = { from: milliseconds(END + 60_000), to: AREA_RANGE.to };
  const history = range.from - AREA_RANGE.from;
  const error = { ...APP, source: 'stdout', level: 'error', pattern_hash: 'a', sample: 'a' };
  const disk = { ...APP, mount_point: '/data', device: 'sda', volume: '' };
  const series = smallWorld((writer) => {
    for (const metric of ['container_restarts_total', 'container_oom_kills_total'])
      writer.counter(metric, APP, () => 0.01, { to: END });
    writer.counter('container_log_messages_total', error, () => 1, { to: END });
    writer.gauge('container_resources_disk_used_bytes', disk, () => 1);
    writer.counter(
      'node_resources_disk_io_errors_total',
      { ...NODE, device: 'sda', operation: 'read' },
      () => 1,
      {
        to: END,
      },
    );
  });
  for (const inspection of COUNTING) {
    assert.equal(findingOf(inspection, series, { range, history })?.message, undefined);
    assert.equal(findingOf(inspection, series)?.health, 'warning', inspection);
  }
});
