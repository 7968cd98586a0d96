import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { ENGINE_METHODS, type ConnectionId, type SavedConnectionId } from '../contract/ipc.ts';
import { ConnectionStore } from './connection-store.ts';
import { createWorkbench } from './handlers.ts';
import { JsonFile } from './json-file.ts';
import { PreferenceStore } from './preference-store.ts';
import type { Source } from './source.ts';

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-handlers-'));
after(() => rmSync(folder, { recursive: true }));

const SPEC = { kind: 'direct', clickhouseUrl: 'http://c:1', prometheusUrl: 'http://p:1' } as const;
const RANGE = { from: milliseconds(0), to: milliseconds(1) };
const context = () => ({ signal: new AbortController().signal, progress: () => {} });

/** A source that records what it is asked. */
function recorder() {
  const asked: unknown[][] = [];
  let closed = 0;
  const engine = Object.fromEntries(
    ENGINE_METHODS.map((method) => [
      method,
      async (...args: unknown[]) => {
        asked.push([method, ...args]);
        return method === 'status' ? { name: 's', kind: 'direct', parts: [] } : undefined;
      },
    ]),
  ) as unknown as Source['engine'];
  const source: Source = {
    engine,
    estimateSnapshot: async () => 40,
    exportSnapshot: async (_path, _range, choices) => ({ bytes: 42, redaction: Object.keys(choices) }),
    close: async () => void closed++,
  };
  return { asked, source, closed: () => closed };
}

let files = 0;
function workbench(source: Source) {
  const at = (name: string) => new JsonFile(join(folder, `${++files}-${name}.json`));
  return createWorkbench({
    connections: new ConnectionStore(at('connections')),
    preferences: new PreferenceStore(at('preferences')),
    secrets: { get: async () => undefined },
    openSource: async () => source,
  });
}

test('every engine method reaches the engine with its signal last, also without its optional argument', async () => {
  const { source, asked } = recorder();
  const { handlers } = workbench(source);
  const { id } = await handlers['connections.open']([{ name: 'x', spec: SPEC }], context());
  asked.length = 0;
  await handlers['engine.investigate']([id, RANGE, undefined], context());
  await handlers['engine.promql']([id, 'up', { from: RANGE.from, step: 1, points: 1 }], context());
  assert.deepStrictEqual(
    asked.map((call) => call.slice(0, -1)),
    [
      ['investigate', RANGE, undefined],
      ['promql', 'up', { from: RANGE.from, step: 1, points: 1 }],
    ],
  );
  for (const call of asked) assert.ok(call.at(-1) instanceof AbortSignal);
});

test('a closed or unknown connection is a failure that says so', async () => {
  const { source, closed } = recorder();
  const { handlers } = workbench(source);
  const { id } = await handlers['connections.open']([{ name: 'x', spec: SPEC }], context());
  await handlers['connections.close']([id], context());
  assert.equal(closed(), 1);
  await assert.rejects(handlers['engine.status']([id], context()), /not open/);
  await assert.rejects(handlers['engine.status'](['nope' as ConnectionId], context()), /not open/);
});

test('a test closes what it opened, and a bad description never reaches the reader', async () => {
  const { source, closed } = recorder();
  const { handlers } = workbench(source);
  await handlers['connections.test']([{ name: 'x', spec: SPEC }], context());
  assert.equal(closed(), 1);
  const bad = { kind: 'direct', clickhouseUrl: 'ftp://x', prometheusUrl: '' } as const;
  await assert.rejects(
    handlers['connections.open']([{ name: 'x', spec: bad }], context()),
    /prometheusUrl is missing/,
  );
});

test('connections are saved, replaced by id, and removed; the file is for its owner only', async () => {
  const file = join(folder, 'saved', 'connections.json');
  const store = new ConnectionStore(new JsonFile(file));
  const id = 'a' as SavedConnectionId;
  await store.save({ id, name: 'one', spec: SPEC });
  assert.deepStrictEqual(await store.save({ id, name: 'two', spec: SPEC }), [
    { id, name: 'two', spec: SPEC },
  ]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepStrictEqual(await new ConnectionStore(new JsonFile(file)).list(), [
    { id, name: 'two', spec: SPEC },
  ]);
  assert.deepStrictEqual(await store.remove(id), []);
});

test('a broken file is set aside, not overwritten', async () => {
  const file = join(folder, 'broken.json');
  writeFileSync(file, '{"half');
  assert.deepStrictEqual(await new ConnectionStore(new JsonFile(file)).list(), []);
  assert.ok(readdirSync(folder).includes('broken.json.broken'));
  assert.equal(readFileSync(`${file}.broken`, 'utf8'), '{"half');
});

test('writes that overlap end with the last one', async () => {
  const file = new JsonFile(join(folder, 'overlap.json'));
  await Promise.all(Array.from({ length: 20 }, (_, index) => file.write({ index })));
  assert.deepStrictEqual(await file.read(), { index: 19 });
});

test('preferences fall back field by field', async () => {
  const path = join(folder, 'preferences.json');
  writeFileSync(path, JSON.stringify({ theme: 'pink', refreshSeconds: 5, timeZone: 'local' }));
  assert.deepStrictEqual(await new PreferenceStore(new JsonFile(path)).get(), {
    theme: 'system',
    refreshSeconds: 5,
    timeZone: 'local',
  });
});
