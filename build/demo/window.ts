import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sleep } from './command.ts';
import type { Stack } from './stack.ts';
import { resolveElectron } from '../bootstrap/electron-runtime.mjs';

const ROOT = join(import.meta.dirname, '..', '..');

export interface WindowOptions {
  readonly stack: Stack;
  readonly output: string;
  readonly workDir: string;
  readonly stage: (line: string) => void;
  /** Name of the source in the window. */
  readonly title: string;
  /** Ends the fault while the window is open, for scenarios that show it; resolves when all is well again. */
  readonly recover?: (() => Promise<void>) | undefined;
}

/** Arguments of the workbench that open it on the running stack. */
export function workbenchArguments(stack: Stack, workDir: string, name = 'demo'): string[] {
  const file = join(workDir, 'connection.json');
  const spec = {
    name,
    kind: 'direct',
    clickhouseUrl: stack.clickhouse,
    prometheusUrl: stack.prometheus,
    collectorUrl: stack.collector,
  };
  writeFileSync(file, JSON.stringify(spec));
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return [join(ROOT, 'desktop'), ...sandbox, '--user-data', join(workDir, 'workbench'), '--connection', file];
}

/** How long a fault that ends by itself is on screen first, unless the window is closed before. */
const SHOWN_MS = 60_000;

/** Opens the workbench on the running system; with no display, saves a screenshot of each view instead. */
export async function openWindow(options: WindowOptions): Promise<void> {
  const { stack, workDir, title, stage, recover } = options;
  const electron = resolveElectron(ROOT);
  if (!electron)
    throw new Error(
      'no Electron runtime: run npm run bootstrap, or set GUMSHOE_ELECTRON; --headless needs none',
    );
  const args = workbenchArguments(stack, workDir, title);
  if (process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']) {
    stage('the workbench is open; close its window to end the demo');
    const child = spawn(electron, args, { stdio: 'ignore' });
    process.once('exit', () => child.kill());
    const closed = waitForExit(child);
    if (recover) {
      await Promise.race([closed, sleep(SHOWN_MS)]);
      await recover();
    }
    return closed;
  }
  const folder = resolve(options.output);
  mkdirSync(folder, { recursive: true });
  stage('no display: running the workbench under Xvfb');
  const { saveScreenshots } = await import('./screenshots.ts');
  const saved = await saveScreenshots(electron, args, folder, recover);
  stage(`saved ${saved.length} screenshots to ${folder}: ${saved.join(', ')}`);
}

function waitForExit(child: ChildProcess): Promise<void> {
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', () => done());
  });
}
