import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nobody, type TestServer } from './fake-servers.ts';
import { startRealServer } from './real-server.ts';

const BINARY = '/usr/bin/prometheus';
export const withoutPrometheus = existsSync(BINARY) ? false : 'prometheus is not installed';

/** A real Prometheus that takes remote writes and scrapes nothing. */
export async function startPrometheus(flags: readonly string[] = []): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), 'gumshoe-prometheus-'));
  const url = await nobody();
  writeFileSync(join(directory, 'prometheus.yml'), 'global: { scrape_interval: 1h }\n');
  return startRealServer({
    binary: BINARY,
    directory,
    url,
    ready: '/-/ready',
    flags: [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
      ...['--web.enable-remote-write-receiver', '--log.level=error', ...flags],
    ],
  });
}
