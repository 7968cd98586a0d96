import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '@gumshoe/analysis/configuration/parse-configuration';
import { HOUR, milliseconds, MINUTE } from '@gumshoe/base/time';
import { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { createEngine } from './engine.ts';
import { FakeReader } from './testdata/fake-reader.ts';

const END = Date.parse('2026-11-20T00:00:00Z');
const FULL_SINCE = END - 150 * MINUTE;

async function alertsOf(wait: string): Promise<readonly string[]> {
  const writer = new SeriesWriter({ from: milliseconds(END - 8 * HOUR), to: milliseconds(END) }, MINUTE);
  const container = { machine_id: 'm', system_uuid: 'u', container_id: '/k8s/shop/web-7d4b9c6f5d-x2x9k/web' };
  writer.gauge(C.info.name, { ...container, image: 'web:1' }, () => 1);
  writer.gauge(C.memoryLimit.name, container, () => 1000);
  writer.gauge(C.memoryRss.name, container, (at) => (at > FULL_SINCE ? 950 : 500));
  const parsed = parseConfiguration(
    `alerts: [{ name: full, condition: "container.memory.usage > 90%", for: ${wait} }]`,
  );
  assert.ok(parsed.ok);
  const engine = createEngine({
    reader: new FakeReader({ series: writer.series }),
    configuration: parsed.value,
  });
  const { rules } = await engine.alerts({ from: milliseconds(END - HOUR), to: milliseconds(END) });
  return rules.map(
    ({ state }) => `${state.phase} after ${((state.firedAt ?? state.activeAt!) - FULL_SINCE) / MINUTE} min`,
  );
}

test('an alert may wait for longer than the window that is looked at', async () => {
  assert.deepEqual(await alertsOf('2h'), ['firing after 121 min']);
  assert.deepEqual(await alertsOf('4h'), ['pending after 1 min']);
  assert.match((await alertsOf('10m')).join(), /^firing/);
});
