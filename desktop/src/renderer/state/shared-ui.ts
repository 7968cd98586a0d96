import type { Failure } from '@gumshoe/base/failure';
import { createStore } from './store.ts';

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly intent: 'success' | 'danger' | 'none';
}

/** What is open above the views. */
export const paletteOpen = createStore(false);
export const connectionsOpen = createStore(false);
export const shortcutsOpen = createStore(false);
export const notices = createStore<readonly Notice[]>([]);

/** A failure stays until it is closed: nobody looks at the screen all the time. */
const SHOWN_MS = 12_000;
let lastNotice = 0;

export function notify(text: string, intent: Notice['intent'] = 'none'): void {
  const notice = { id: ++lastNotice, text, intent };
  notices.set((all) => [...all.slice(-3), notice]);
  if (intent !== 'danger') window.setTimeout(() => dismiss(notice.id), SHOWN_MS);
}

export const dismiss = (id: number): void => notices.set((all) => all.filter((other) => other.id !== id));

export function notifyFailure(failure: Failure): void {
  if (failure.code !== 'cancelled')
    notify(`${failure.tried}: ${failure.reason}${failure.remedy ? `. ${failure.remedy}` : ''}`, 'danger');
}
