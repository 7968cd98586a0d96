import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Series } from '@gumshoe/base/series';
import { milliseconds, MINUTE } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { openConnection } from '../open.ts';
import { writeRequest } from '../prometheus/differential/write-series.ts';
import { estimateExport } from '../snapshot/estimate.ts';
import { exportSnapshot } from '../snapshot/export.ts';
import { EVERYTHING, selectMetrics } from '../snapshot/selection.ts';
import type { TestServer } from '../testdata/fake-servers.ts';
import { startPrometheus, withoutPrometheus as skip } from '../testdata/real-prometheus.ts';

const STEP = 20_000;
const ENDED = Math.floor(Date.now() / MINUTE) * MINUTE - 3 * 24 * 60 * MINUTE;
const BEGAN = ENDED - 50 * MINUTE;
const directory = mkdtempSync(join(tmpdir(), 'gumshoe-extent-'));
const secrets = { get: () => Promise.resolve(undefined) };

let server: TestServer;
let reader: Reader;

/** What a job once pushed, and nobody scraped: there is no `up`. */
function pushed(instance: number): Series {
  const timestamps = Float64Array.from(
    { length: (ENDED - BEGAN) / STEP + 1 },
    (_, i) => BEGAN + i * STEP + instance,
  );
  const labels = { __name__: 'batch_rows_done', instance: `worker-${instance}` };
  return { labels, timestamps, values: timestamps.map((at) => ((at / 7) * (instance + 3)) % 1009) };
}

before(async () => {
  if (skip) return;
  server = await startPrometheus();
  const series = Array.from({ length: 200 }, (_, i) => pushed(i));
  const answer = await fetch(`${server.url}/api/v1/write`, {
    method: 'POST',
    body: writeRequest(series),
    headers: { 'Content-Encoding': 'snappy', 'X-Prometheus-Remote-Write-Version': '0.1.0' },
  });
  assert.equal(answer.status, 204);
  reader = await openConnection(
    { kind: 'direct', clickhouseUrl: '', prometheusUrl: server.url },
    { secrets },
  );
});

after(async () => {
  await reader?.close();
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test(
  'a store without up whose samples ended days ago tells from when to when it has some',
  { skip },
  async () => {
    const extent = await reader.extent();
    assert.ok(extent);
    assert.ok(Math.abs(extent.to - ENDED) < MINUTE, String(extent.to - ENDED));
    assert.ok(Math.abs(extent.from - BEGAN) < 5 * MINUTE, String(extent.from - BEGAN));
  },
);

test(
  'and an estimate of a window that goes on beyond them is about what the export comes to',
  { skip },
  async () => {
    const range = { from: milliseconds(BEGAN - 60 * MINUTE), to: milliseconds(ENDED + 60 * MINUTE) };
    const selection = await selectMetrics(reader, range, [EVERYTHING]);
    const { parts } = await estimateExport(reader, range, { selection });
    const estimated = parts.find(({ part }) => part === 'series')!;
    assert.equal(estimated.records, 200);
    const { bytes } = await exportSnapshot(reader, range, join(directory, 'batch.gumshoe'), {
      createdAt: 1,
      selection,
    });
    const ratio = estimated.bytes / bytes;
    assert.ok(ratio > 0.5 && ratio < 1.5, `${estimated.bytes} estimated, ${bytes} written`);
  },
);
