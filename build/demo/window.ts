import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Stack } from './stack.ts';
import { resolveElectron } from '../bootstrap/electron-runtime.mjs';

const ROOT = join(import.meta.dirname, '..', '..');

export interface WindowOptions {
  readonly stack: Stack;
  readonly output: string;
  readonly workDir: string;
  readonly stage: (line: string) => void;
}

/** Arguments of the workbench that open it on the running stack. */
export function workbenchArguments(stack: Stack, workDir: string): string[] {
  const file = join(workDir, 'connection.json');
  const spec = {
    kind: 'direct',
    clickhouseUrl: stack.clickhouse,
    prometheusUrl: stack.prometheus,
    collectorUrl: stack.collector,
  };
  writeFileSync(file, JSON.stringify(spec));
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return [join(ROOT, 'desktop'), ...sandbox, '--user-data', join(workDir, 'workbench'), '--connection', file];
}

/** Opens the workbench on the running system; with no display, saves a screenshot of each view instead. */
export async function openWindow(options: WindowOptions): Promise<void> {
  const electron = resolveElectron(ROOT);
  if (!electron)
    throw new Error(
      'no Electron runtime: run npm run bootstrap, or set GUMSHOE_ELECTRON; --headless needs none',
    );
  if (process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']) {
    options.stage('the workbench is open; close its window to end the demo');
    await waitForExit(
      spawn(electron, workbenchArguments(options.stack, options.workDir), { stdio: 'ignore' }),
    );
    return;
  }
  const folder = resolve(options.output);
  mkdirSync(folder, { recursive: true });
  options.stage('no display: running the workbench under Xvfb');
  const { saveScreenshots } = await import('./screenshots.ts');
  const saved = await saveScreenshots(electron, workbenchArguments(options.stack, options.workDir), folder);
  options.stage(`saved ${saved.length} screenshots to ${folder}: ${saved.join(', ')}`);
}

function waitForExit(child: ChildProcess): Promise<void> {
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', () => done());
  });
}
