import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nobody, type TestServer } from './fake-servers.ts';

const BINARY = '/usr/bin/prometheus';
export const withoutPrometheus = existsSync(BINARY) ? false : 'prometheus is not installed';

/** A real Prometheus that takes remote writes and scrapes nothing. */
export async function startPrometheus(flags: readonly string[] = []): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), 'gumshoe-prometheus-'));
  const url = await nobody();
  writeFileSync(join(directory, 'prometheus.yml'), 'global: { scrape_interval: 1h }\n');
  const server = spawn(
    BINARY,
    [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
      ...['--web.enable-remote-write-receiver', '--log.level=error', ...flags],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  };
  for (let attempt = 0; attempt < 150; attempt++) {
    if (server.exitCode !== null) throw new Error(`prometheus ended with ${server.exitCode}`);
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (answer?.ok) return { url, stop };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await stop();
  throw new Error('prometheus was not ready after 30 s');
}
