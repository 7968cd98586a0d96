import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { FailureError } from '@gumshoe/base/failure';
import type { Logger } from '@gumshoe/base/logger';
import { applyMigrations, applyTtl } from '@gumshoe/schema/migrations/plan';
import { makeFolder } from '../folders.ts';
import { ChdbEngine } from './clickhouse/engine.ts';
import { ClickHouseHttp } from './clickhouse/http.ts';
import { SampleStore } from './metrics/sample-store.ts';
import type { ListenAddress, StoreOptions } from './options.ts';
import { PrometheusHttp } from './prometheus/http.ts';

export interface EmbeddedStore {
  /** Base URLs. */
  readonly clickhouse: string;
  readonly prometheus: string;
  /** Finishes what runs, syncs the metrics' log and releases the directory. */
  close(): Promise<void>;
}

/** Opens the directory, brings the schema up to date and listens. Rejects with FailureError. */
export async function openStore(options: StoreOptions, logger: Logger): Promise<EmbeddedStore> {
  const engine = openEngine(options);
  const metrics = openMetrics(options, logger);
  try {
    await migrate(engine, options);
    const clickhouse = await listen(new ClickHouseHttp(engine, logger).handle, options.clickhouse);
    const prometheus = await listen(new PrometheusHttp(metrics, logger).handle, options.prometheus);
    return {
      clickhouse: urlOf(clickhouse),
      prometheus: urlOf(prometheus),
      close: async () => {
        await Promise.all([closeServer(clickhouse), closeServer(prometheus)]);
        metrics.close();
        await engine.close();
      },
    };
  } catch (error) {
    metrics.close();
    await engine.close();
    throw error;
  }
}

/** chDB locks its directory, which also guards the metrics beside it. */
function openEngine(options: StoreOptions): ChdbEngine {
  const directory = join(options.data, 'clickhouse');
  try {
    makeFolder(directory);
    return ChdbEngine.open(directory, {
      max_memory_usage: String(Math.floor(options.memoryLimit / 2)),
      max_execution_time: '300',
    });
  } catch (error) {
    throw new FailureError({
      code: 'refused',
      tried: 'open the embedded store',
      target: options.data,
      reason: error instanceof Error ? error.message : String(error),
      remedy: 'Stop the other process that uses this directory, or choose another with --data.',
    });
  }
}

function openMetrics(options: StoreOptions, logger: Logger): SampleStore {
  return new SampleStore(join(options.data, 'metrics'), {
    retention: options.metricsRetention,
    memoryLimit: Math.floor(options.memoryLimit / 2),
    logger,
  });
}

async function migrate(engine: ChdbEngine, options: StoreOptions): Promise<void> {
  const text = (sql: string): Promise<string> =>
    engine.query(sql, 'TabSeparated', {}).then((result) => Buffer.from(result.bytes).toString('utf8'));
  const target = {
    execute: text,
    selectNumbers: async (sql: string) => (await text(sql)).split('\n').filter(Boolean).map(Number),
  };
  await applyMigrations(target, { ttlDays: options.ttlDays });
  await applyTtl(target, { ttlDays: options.ttlDays });
}

async function listen(handle: RequestListener, address: ListenAddress): Promise<Server> {
  const server = createServer({ requestTimeout: 300_000, headersTimeout: 20_000 }, handle);
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new FailureError({
          code: 'refused',
          tried: 'listen',
          target: `${address.host}:${address.port}`,
          reason: error.message,
        }),
      ),
    );
    server.listen(address.port, address.host, resolve);
  });
  return server;
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Idle connections are closed at once, busy ones after their answer, all of them after five seconds. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), 5_000);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
