import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { app, dialog, session, type BrowserWindow } from 'electron';
import { IPC } from '../contract/bridge.ts';
import { parseLaunchArguments } from '../contract/launch-options.ts';
import { EngineProcess } from './engine-process.ts';
import { installMenu } from './menu.ts';
import { resolveNode, type NodeRuntime } from './node-runtime.ts';
import { answerPage } from './page-calls.ts';
import { servePage } from './page-protocol.ts';
import { SecretStore } from './secret-store.ts';
import { hardenSession } from './security.ts';
import { createWindow } from './window.ts';

const OUT = join(import.meta.dirname, '..');
const { userData, ...launch } = parseLaunchArguments(process.argv.slice(1), {
  resolve: (path) => resolve(path),
  read: (path) => readFileSync(path, 'utf8'),
});
if (userData) app.setPath('userData', userData);

/** Node runs the engine's sources as they are. */
const ENGINE_ENTRY = join(OUT, '..', 'src', 'engine', 'main.ts');

function startEngine(runtime: NodeRuntime, secrets: SecretStore, page: () => BrowserWindow | undefined) {
  const send = (channel: string, value: unknown): void => {
    const window = page();
    if (window && !window.isDestroyed()) window.webContents.send(channel, value);
  };
  const engine = new EngineProcess({
    runtime,
    entry: ENGINE_ENTRY,
    userData: app.getPath('userData'),
    readSecret: (reference) => secrets.read(reference),
    onFrame: (frame) => send(IPC.frameToPage, frame),
    onState: (state) => send(IPC.engineState, state),
  });
  engine.start();
  return { engine, send };
}

function run(): void {
  const runtime = resolveNode(app.getAppPath(), process.resourcesPath);
  if (!runtime) {
    dialog.showErrorBox('Gumshoe cannot start', 'No Node.js 24 was found for its engine. Run npm install.');
    return app.exit(1);
  }
  hardenSession(session.defaultSession);
  servePage(session.defaultSession, join(OUT, 'renderer'));
  const secrets = new SecretStore(join(app.getPath('userData'), 'secrets.json'));
  let window: BrowserWindow | undefined = undefined;
  const { engine, send } = startEngine(runtime, secrets, () => window);
  window = createWindow(import.meta.dirname);
  answerPage({ window, engine, secrets, launch });
  installMenu((command) => send(IPC.command, command));
  app.on('second-instance', () => window?.show());
  app.on('window-all-closed', () => app.quit());
  let ended = false;
  app.on('before-quit', (event) => {
    if (ended) return;
    event.preventDefault();
    void engine.end().finally(() => {
      ended = true;
      app.quit();
    });
  });
}

if (app.requestSingleInstanceLock()) void app.whenReady().then(run);
else app.quit();
