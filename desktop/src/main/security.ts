import type { IpcMainEvent, IpcMainInvokeEvent, Session, WebContents } from 'electron';
import { PAGE_ORIGIN } from './page-protocol.ts';

/** No permission, no request but for the application's own files. */
export function hardenSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !isOwn(details.url) }));
  session.on('will-download', (event) => event.preventDefault());
}

/** The page stays the page: no navigation, no second window, no embedded contents. */
export function hardenContents(contents: WebContents): void {
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

function isOwn(url: string): boolean {
  return url.startsWith(`${PAGE_ORIGIN}/`) || url.startsWith('devtools:') || url.startsWith('data:');
}

/** True only for the top frame of the given window, showing the application's own page. */
export function isFromPage(event: IpcMainEvent | IpcMainInvokeEvent, contents: WebContents): boolean {
  const frame = event.senderFrame;
  return (
    event.sender === contents &&
    frame !== null &&
    frame === contents.mainFrame &&
    frame.url.startsWith(`${PAGE_ORIGIN}/`)
  );
}
