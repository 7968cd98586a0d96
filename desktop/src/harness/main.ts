import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { EngineApi } from '@gumshoe/engine/api';
import { ConnectionStore } from '../engine/connection-store.ts';
import { createWorkbench } from '../engine/handlers.ts';
import { JsonFile } from '../engine/json-file.ts';
import { PreferenceStore } from '../engine/preference-store.ts';
import type { OpenSource } from '../engine/source.ts';
import { parseLaunchArguments } from '../contract/launch-options.ts';
import { startHarness } from './server.ts';
import { createEmptyEngine, createFailingEngine, createHugeEngine } from './testdata/engines.ts';
import { createShopEngine } from './testdata/shop.ts';

const FIXTURE = { kind: 'direct', clickhouseUrl: 'http://127.0.0.1:1', prometheusUrl: 'http://127.0.0.1:1' };

/** `node src/harness/main.ts [--port N] [--fixture shop|huge|empty|failing] [--connection JSON|FILE] [--snapshot FILE] [--view NAME]` */
async function main(): Promise<void> {
  const { values } = parseArgs({
    strict: false,
    options: { port: { type: 'string', default: '0' }, fixture: { type: 'string' } },
  });
  const folder = mkdtempSync(join(tmpdir(), 'gumshoe-harness-'));
  const secrets = new Map<string, string>();
  const argv = values.fixture
    ? ['--connection', JSON.stringify({ ...FIXTURE, name: `${String(values.fixture)} (fixture)` })]
    : [];
  const workbench = createWorkbench({
    connections: new ConnectionStore(new JsonFile(join(folder, 'connections.json'))),
    preferences: new PreferenceStore(new JsonFile(join(folder, 'preferences.json'))),
    secrets: { get: async (reference) => secrets.get(reference) },
    openSource: values.fixture
      ? openFixture(fixtureOf(String(values.fixture)))
      : (await import('../engine/open-source.ts')).openSource,
  });
  const harness = await startHarness({
    handlers: workbench.handlers,
    page: resolve(import.meta.dirname, '../../out/harness'),
    launch: parseLaunchArguments([...argv, ...process.argv.slice(2)], {
      resolve: (path) => resolve(path),
      read: (path) => readFileSync(path, 'utf8'),
    }),
    port: Number(values.port),
    storeSecret: (value) => {
      const reference = `secret-${randomUUID()}`;
      secrets.set(reference, value);
      return reference;
    },
  });
  console.log(JSON.stringify({ ready: true, url: harness.url }));
  const stop = (): void =>
    void Promise.all([harness.close(), workbench.close()]).then(() => {
      rmSync(folder, { recursive: true, force: true });
      process.exit(0);
    });
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

const FIXTURES: Readonly<Record<string, () => EngineApi>> = {
  shop: () => createShopEngine(),
  huge: () => createHugeEngine({ applications: 2000, rows: 50_000 }),
  empty: createEmptyEngine,
  failing: () => ({ ...createShopEngine(), ...withoutStatus(createFailingEngine('connection refused')) }),
};

/** A source that opens and then fails. */
function withoutStatus({ status: _status, extent: _extent, ...rest }: EngineApi): Partial<EngineApi> {
  return rest;
}

function fixtureOf(name: string): EngineApi {
  const create = FIXTURES[name];
  if (!create) throw new Error(`--fixture must be one of ${Object.keys(FIXTURES).join(', ')}`);
  return create();
}

/** Every connection leads to the fixture. */
export const openFixture =
  (engine: EngineApi): OpenSource =>
  async () => ({
    engine,
    estimateSnapshot: async () => 0,
    exportSnapshot: async () => ({ bytes: 0, redaction: [] }),
    close: async () => {},
  });

void main();
