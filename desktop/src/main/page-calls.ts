import { ipcMain, type BrowserWindow } from 'electron';
import { IPC, type LaunchOptions } from '../contract/bridge.ts';
import { chooseFile, isFilePurpose } from './dialogs.ts';
import type { EngineProcess } from './engine-process.ts';
import type { SecretStore } from './secret-store.ts';
import { isFromPage } from './security.ts';

export interface PageCallParts {
  readonly window: BrowserWindow;
  readonly engine: EngineProcess;
  readonly secrets: SecretStore;
  readonly launch: LaunchOptions;
}

const MAX_SECRET_LENGTH = 64 * 1024;

/** Answers the page's calls; every one is checked for where it comes from and what it carries. */
export function answerPage({ window, engine, secrets, launch }: PageCallParts): void {
  const { webContents } = window;
  ipcMain.on(IPC.frameToEngine, (event, frame: unknown) => {
    if (isFromPage(event, webContents) && frame instanceof Uint8Array) engine.post(frame);
  });
  const answer = (channel: string, respond: (...args: unknown[]) => unknown): void => {
    ipcMain.handle(channel, (event, ...args: unknown[]) => {
      if (!isFromPage(event, webContents)) throw new Error('not allowed');
      return respond(...args);
    });
  };
  answer(IPC.engineStateNow, () => engine.state);
  answer(IPC.restartEngine, () => engine.restart());
  answer(IPC.launch, () => launch);
  answer(IPC.storeSecret, (value) => {
    if (typeof value !== 'string' || value.length > MAX_SECRET_LENGTH) throw new Error('not a secret');
    return secrets.store(value);
  });
  answer(IPC.chooseFile, (purpose, name) => {
    if (!isFilePurpose(purpose)) throw new Error('not a purpose');
    return chooseFile(window, purpose, typeof name === 'string' ? name : undefined);
  });
}
