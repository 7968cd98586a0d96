import { useEffect } from 'react';
import { navigate } from '../state/link.ts';
import { refreshNow } from '../state/follow.ts';
import { connectionsOpen, paletteOpen, shortcutsOpen } from '../state/shared-ui.ts';
import { VIEWS } from './views.ts';

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  if (!element?.tagName) return false;
  return /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || element.isContentEditable;
}

/** Keys that work everywhere: Ctrl/Cmd+K, number keys, R, ?, Escape. */
export function useGlobalKeys(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        return paletteOpen.set((open) => !open);
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === 'Escape') {
        for (const open of [paletteOpen, connectionsOpen, shortcutsOpen]) open.set(false);
        return;
      }
      if (event.key === '?') return shortcutsOpen.set(true);
      if (event.key === 'r') return refreshNow();
      const view = VIEWS.find((entry) => entry.key === event.key);
      if (view) navigate({ view: view.id, subject: undefined, params: {} });
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}
