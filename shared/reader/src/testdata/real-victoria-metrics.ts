import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nobody, type TestServer } from './fake-servers.ts';
import { startRealServer } from './real-server.ts';

const BINARY = '/usr/bin/victoria-metrics';
export const withoutVictoriaMetrics = existsSync(BINARY) ? false : 'victoria-metrics is not installed';

/** A real VictoriaMetrics, single node, that takes remote writes. */
export async function startVictoriaMetrics(flags: readonly string[] = []): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), 'gumshoe-victoria-'));
  const url = await nobody();
  return startRealServer({
    binary: BINARY,
    directory,
    url,
    ready: '/health',
    flags: [
      `-storageDataPath=${join(directory, 'data')}`,
      `-httpListenAddr=${new URL(url).host}`,
      ...['-retentionPeriod=10y', '-loggerLevel=ERROR', '-memory.allowedBytes=128MB', ...flags],
    ],
  });
}
