import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dbLock } from '@gumshoe/analysis/testdata/faults';
import { SHOP_RANGE as range, shopSeries } from '@gumshoe/analysis/testdata/shop';
import { FailureError } from '@gumshoe/base/failure';
import type { ApplicationId } from '@gumshoe/model/entities';
import { FORMAT_VERSION } from '@gumshoe/reader/snapshot/manifest';
import { writeRecords, writeSeriesBlocks, writeWhole } from '@gumshoe/reader/snapshot/write';
import type { ExportChoices } from '../contract/ipc.ts';
import { openSourceWith } from './open-source.ts';
import type { Source } from './source.ts';

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-window-snapshots-'));
const path = (name: string): string => join(folder, `${name}.gumshoe`);
const configurationFile = join(folder, 'gumshoe.yaml');
const { signal } = new AbortController();
const SECRET = 'ada@example.org';

before(async () => {
  await writeWhole(path('whole'), (writer) => {
    const counts = {
      ...writeSeriesBlocks(writer, shopSeries({ fault: dbLock, faultFrom: (range.to - range.from) / 2 })),
      logs: writeRecords(writer, 'logs', [
        {
          timestamp: range.to,
          severity: 'ERROR',
          serviceName: 'orders',
          containerId: '',
          body: `asked for ${SECRET}`,
          traceId: '',
          spanId: '',
          attributes: {},
        },
      ]),
    };
    const manifest = { createdAt: 0, window: range, source: 'shop', counts, redaction: [] };
    writer.finish({ formatVersion: FORMAT_VERSION, ...manifest, status: undefined });
  });
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** The file as the window opens it. */
function opened(name: string): Promise<Source> {
  const open = openSourceWith({
    cache: { directory: join(folder, 'cache'), bytes: 1 << 20 },
    configurationFile,
  });
  const request = { name, spec: { kind: 'snapshot', path: path(name) } } as const;
  return open(request, { get: async () => undefined }, signal);
}

async function within<T>(name: string, use: (source: Source) => Promise<T>): Promise<T> {
  const source = await opened(name);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

const exported = (to: string, choices: ExportChoices) =>
  within('whole', (source) => source.exportSnapshot(path(to), range, choices, () => {}, signal));

const logBodies = (name: string) =>
  within(name, async ({ engine }) => (await engine.logs({ range, limit: 9 })).map(({ body }) => body));

test('nothing chosen: all of it, with the answers of the source', async () => {
  await exported('all', {});
  const [whole, all] = await Promise.all(
    ['whole', 'all'].map((name) => within(name, ({ engine }) => engine.investigate(range))),
  );
  assert.deepStrictEqual(all, whole);
  assert.deepStrictEqual(await logBodies('all'), [`asked for ${SECRET}`]);
});

test('each choice takes out what it says, and says so', async () => {
  const dropped = await exported('dropped', { dropLogBodies: true });
  assert.deepStrictEqual(await logBodies('dropped'), ['']);
  assert.match(dropped.redaction.join('\n'), /log records were dropped/);
  const obfuscated = await exported('obfuscated', { obfuscate: true });
  assert.ok(!(await logBodies('obfuscated')).join('').includes(SECRET));
  assert.match(obfuscated.redaction.join('\n'), /secrets .* were replaced/);
  await exported('hashed', { hashNames: true });
  const names = await within('hashed', async ({ engine }) =>
    (await engine.overview(range)).applications.map(({ name }) => name),
  );
  assert.ok(names.length > 0 && !names.includes('orders'), names.join(', '));
});

test('one application is smaller than all, and the size is told before', async () => {
  const orders = await within('whole', async ({ engine }) => {
    const { applications } = await engine.overview(range);
    return applications.find(({ name }) => name === 'orders')!.id;
  });
  const whole = await within('whole', (source) => source.estimateSnapshot(range, {}, signal));
  const part = await within('whole', (source) =>
    source.estimateSnapshot(range, { application: orders }, signal),
  );
  assert.ok(part > 0 && part < whole, `${part} of ${whole} bytes`);
  const { bytes } = await exported('orders', { application: orders });
  assert.equal(bytes, statSync(path('orders')).size);
  await assert.rejects(
    exported('nobody', { application: 'shop:Deployment:nobody' as ApplicationId }),
    (error: unknown) => error instanceof FailureError && error.failure.code === 'not-found',
  );
});

test('what a source is judged by goes along, and holds where the user has another', async () => {
  const objective = async (name: string) =>
    within(name, async ({ engine }) => {
      const { applications } = await engine.overview(range);
      return applications.find((row) => row.name === 'orders')!.slos[0]!.objective;
    });
  const write = (percent: number) =>
    writeFileSync(configurationFile, `slo: { availability: { default: ${percent} } }\n`);
  write(90);
  await exported('judged', {});
  write(95);
  assert.equal(await objective('judged'), 0.9);
  assert.equal(await objective('whole'), 0.95);
  const status = await within('judged', ({ engine }) => engine.status());
  assert.deepStrictEqual(status.parts.at(-1)?.notes, ['from the snapshot']);
});
