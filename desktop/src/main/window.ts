import { join } from 'node:path';
import { BrowserWindow, nativeTheme } from 'electron';
import { PAGE_URL } from './page-protocol.ts';
import { hardenContents } from './security.ts';

/** The one window. `folder` holds the built main and preload scripts side by side. */
export function createWindow(folder: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: 'Gumshoe',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#111418' : '#f6f7f9',
    webPreferences: {
      preload: join(folder, '..', 'preload', 'index.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  hardenContents(window.webContents);
  window.once('ready-to-show', () => window.show());
  void window.loadURL(PAGE_URL);
  return window;
}
