import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { IntervalSamples } from '../../pipeline/registry.ts';
import { exposition } from './exposition.ts';
import { MetricsText, type MetricsReader } from './metrics-text.ts';

/** Several pieces. */
function interval(value: number): IntervalSamples['samples'] {
  const made = new IntervalSamples({ machineLabels: {}, maxSeriesPerContainer: 1e6 }, 1000);
  const container = { containerId: `/docker/${'a'.repeat(64)}` };
  for (let i = 0; i < 10_000; i++)
    made.sample(CONTAINER_METRICS.restarts, container, { destination: `10.0.0.1:${i}` }, value);
  return made.samples;
}

function rest(reader: MetricsReader): string {
  let text = '';
  for (let piece = reader.next(); piece; piece = reader.next()) text += piece.toString();
  return text;
}

test('readers of one interval share its pieces', () => {
  const text = new MetricsText();
  const samples = interval(1);
  text.renew(samples, false);
  const [one, other] = [text.read('text'), text.read('text')];
  assert.equal(one.isWritten, false);
  const first = one.next();
  assert.equal(other.isWritten, true);
  assert.equal(other.next(), first);
  assert.equal(`${String(first)}${rest(one)}`, exposition(samples));
  assert.equal(other.size, Buffer.byteLength(exposition(samples)));
});

test('a text that is asked for is written ahead of the next question', async () => {
  const text = new MetricsText();
  text.renew(interval(1), false);
  const reader = text.read('openmetrics');
  rest(reader);
  reader.close();
  const samples = interval(2);
  text.renew(samples, false);
  const next = text.read('openmetrics');
  while (next.size === undefined) await new Promise(setImmediate);
  assert.equal(rest(next), exposition(samples, 'openmetrics'));
});

test('who still reads when the next interval comes gets the one it began with', () => {
  const text = new MetricsText();
  const [old, fresh] = [interval(1), interval(2)];
  text.renew(old, false);
  const slow = text.read('text');
  const begun = slow.next();
  text.renew(fresh, true);
  assert.equal(rest(text.read('text')), exposition(fresh));
  assert.equal(`${String(begun)}${rest(slow)}`, exposition(old));
});

test('what nobody reads any more is written over by the next interval', () => {
  const text = new MetricsText();
  text.renew(interval(1), false);
  const reader = text.read('text');
  const { buffer } = reader.next()!;
  rest(reader);
  reader.close();
  reader.close();
  text.renew(interval(2), false);
  const again = text.read('text');
  const buffers = new Set<ArrayBufferLike>();
  for (let piece = again.next(); piece; piece = again.next()) buffers.add(piece.buffer);
  assert.ok(buffers.has(buffer));
});
