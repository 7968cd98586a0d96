import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { TestServer } from './fake-servers.ts';

const ATTEMPTS = 150;
/** ms */
const PAUSE = 200;

interface RealServer {
  readonly binary: string;
  readonly flags: readonly string[];
  /** Its own; removed when it stops. */
  readonly directory: string;
  readonly url: string;
  /** Path that answers with success once it serves. */
  readonly ready: string;
}

/** Starts a server and waits until it serves; throws when it ends or is not ready after 30 s. */
export async function startRealServer(of: RealServer): Promise<TestServer> {
  const { binary, flags, directory, url, ready } = of;
  const server = spawn(binary, flags, { stdio: ['ignore', 'ignore', 'inherit'] });
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (server.exitCode !== null) throw new Error(`${binary} ended with ${server.exitCode}`);
    const answer = await fetch(`${url}${ready}`).catch(() => undefined);
    if (answer?.ok) return { url, stop };
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  await stop();
  throw new Error(`${binary} was not ready after ${(ATTEMPTS * PAUSE) / 1000} s`);
}
