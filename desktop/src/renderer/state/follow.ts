import { milliseconds, type Milliseconds } from '@gumshoe/base/time';
import { createStore } from './store.ts';

/** The instant that "last 15 minutes" ends at. Moves only when the screen is refreshed. */
export const follow = createStore<{ readonly now: Milliseconds; readonly fixed: boolean }>({
  now: milliseconds(Date.now()),
  fixed: false,
});

/** A recording ends where it ends; live data ends now. */
export function anchorAt(end: Milliseconds | undefined): void {
  follow.set({ now: end ?? milliseconds(Date.now()), fixed: end !== undefined });
}

export function refreshNow(): void {
  if (!follow.get().fixed) follow.set({ now: milliseconds(Date.now()), fixed: false });
}

export interface FollowConditions {
  /** Seconds between refreshes; 0 is off. */
  readonly refreshSeconds: () => number;
  /** True while the chosen window ends now. */
  readonly live: () => boolean;
  /** Questions still running: a slow source is not asked faster than it answers. */
  readonly busy: () => boolean;
}

/** Refreshes while the page is visible, the window follows now, and nothing is being asked. */
export function startFollowing({ refreshSeconds, live, busy }: FollowConditions): () => void {
  const timer = window.setInterval(() => {
    const seconds = refreshSeconds();
    if (seconds <= 0 || document.hidden || !live() || busy()) return;
    if (Date.now() - follow.get().now >= seconds * 1000) refreshNow();
  }, 500);
  return () => window.clearInterval(timer);
}
