import { spawn } from 'node:child_process';

export interface Display {
  /** `:N` */
  readonly name: string;
  stop(): void;
}

/** A virtual screen on the first free display. Rejects with the server's words when it cannot start. */
export function startXvfb(width = 1600, height = 1000): Promise<Display> {
  const child = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp'],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    },
  );
  const stop = (): void => void child.kill('SIGTERM');
  // Whoever is interrupted takes the screen along.
  process.once('exit', stop);
  return new Promise((resolve, reject) => {
    let words = '';
    child.stderr?.on('data', (chunk: Buffer) => (words += chunk));
    child.on('error', (error) => reject(new Error(`Xvfb could not be started: ${error.message}`)));
    child.on('exit', (code) => reject(new Error(`Xvfb ended with exit code ${code}: ${words.trim()}`)));
    child.stdio[3]?.on('data', (chunk: Buffer) => resolve({ name: `:${String(chunk).trim()}`, stop }));
  });
}
