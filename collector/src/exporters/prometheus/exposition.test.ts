import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { acceptedFormat, exposition, expositionPieces, PIECE } from './exposition.ts';

const sample = (metric: MetricDefinition, value: number) => ({
  metric,
  name: metric.name,
  shared: { container_id: '/a' },
  own: {},
  labels: { __name__: metric.name, container_id: '/a' },
  value,
  timestamp: 1000,
});

test('OpenMetrics: a counter family loses its suffix, its samples keep it, and the end is marked', () => {
  const text = exposition([sample(CONTAINER_METRICS.restarts, 2)], 'openmetrics');
  const [help, type, line, end] = text.split('\n');
  assert.match(help ?? '', /^# HELP container_restarts \S/);
  assert.equal(type, '# TYPE container_restarts counter');
  assert.equal(line, 'container_restarts_total{container_id="/a"} 2');
  assert.equal(end, '# EOF');
});

test('OpenMetrics: a counter by another name has no known type', () => {
  const odd: MetricDefinition = { ...CONTAINER_METRICS.restarts, name: 'container_odd' };
  assert.match(exposition([sample(odd, 1)], 'openmetrics'), /# TYPE container_odd unknown\ncontainer_odd\{/);
});

test('a scraper gets OpenMetrics only when it asks', () => {
  assert.equal(acceptedFormat(undefined), 'text');
  assert.equal(acceptedFormat('text/plain;version=0.0.4;q=0.5,*/*;q=0.1'), 'text');
  assert.equal(acceptedFormat('application/openmetrics-text;version=1.0.0,text/plain;q=0.5'), 'openmetrics');
});

test('pieces of many series are one text, each line whole', () => {
  const samples = Array.from({ length: 10_000 }, (_, i) => sample(CONTAINER_METRICS.restarts, i));
  const pieces = [...expositionPieces(samples, 'text')].map(String);
  assert.ok(pieces.length > 1);
  for (const piece of pieces) assert.ok(piece.endsWith('\n'));
  assert.equal(pieces.join(''), exposition(samples));
  assert.equal(
    pieces.join('').match(/^container_restarts_total\{container_id="\/a"\} \d+$/gm)?.length,
    10_000,
  );
});

test('a line longer than a piece, and one of wide characters, are whole', () => {
  const long = {
    ...sample(CONTAINER_METRICS.restarts, 1),
    own: { destination: '\u00e9\u4e2d'.repeat(PIECE) },
  };
  const text = exposition([
    sample(CONTAINER_METRICS.restarts, 0),
    long,
    sample(CONTAINER_METRICS.restarts, 2),
  ]);
  assert.deepEqual(
    text.split('\n').map((line) => line.length),
    exposition([sample(CONTAINER_METRICS.restarts, 0)])
      .split('\n')
      .slice(0, 3)
      .concat(`container_restarts_total{container_id="/a",destination="${long.own.destination}"} 1`)
      .concat('container_restarts_total{container_id="/a"} 2', '')
      .map((line) => line.length),
  );
});
