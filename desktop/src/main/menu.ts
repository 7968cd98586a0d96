import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '../contract/bridge.ts';

/** The menu bar; commands go to the page, which knows what they mean at this moment. */
export function installMenu(send: (command: MenuCommand) => void): void {
  const command = (label: string, accelerator: string, name: MenuCommand): MenuItemConstructorOptions => ({
    label,
    accelerator,
    click: () => send(name),
  });
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    {
      label: 'File',
      submenu: [
        command('Connections…', 'CmdOrCtrl+N', 'connections'),
        command('Open snapshot…', 'CmdOrCtrl+O', 'open-snapshot'),
        command('Export snapshot…', 'CmdOrCtrl+S', 'export-snapshot'),
        { type: 'separator' },
        { role: process.platform === 'darwin' ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        command('Refresh', 'CmdOrCtrl+R', 'refresh'),
        command('Go to…', 'CmdOrCtrl+K', 'palette'),
        { type: 'separator' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'resetZoom' },
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [command('Keyboard shortcuts', 'F1', 'shortcuts')] },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
