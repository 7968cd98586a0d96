import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nobody, type TestServer } from './fake-servers.ts';

const BINARY = '/usr/bin/victoria-metrics';
export const withoutVictoriaMetrics = existsSync(BINARY) ? false : 'victoria-metrics is not installed';

/** A real VictoriaMetrics, single node, that takes remote writes. */
export async function startVictoriaMetrics(flags: readonly string[] = []): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), 'gumshoe-victoria-'));
  const url = await nobody();
  const server = spawn(
    BINARY,
    [
      `-storageDataPath=${join(directory, 'data')}`,
      `-httpListenAddr=${new URL(url).host}`,
      ...['-retentionPeriod=10y', '-loggerLevel=ERROR', '-memory.allowedBytes=128MB', ...flags],
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
    if (server.exitCode !== null) throw new Error(`victoria-metrics ended with ${server.exitCode}`);
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return { url, stop };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await stop();
  throw new Error('victoria-metrics was not ready after 30 s');
}
