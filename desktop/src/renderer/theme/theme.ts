import { useSyncExternalStore } from 'react';
import { usePreferences } from '../state/preferences.ts';
import { PALETTES, type Palette, type ThemeName } from './palette.ts';

export type { Palette, ThemeName };

const dark = typeof window === 'undefined' ? undefined : window.matchMedia('(prefers-color-scheme: dark)');

function subscribe(listener: () => void): () => void {
  dark?.addEventListener('change', listener);
  return () => dark?.removeEventListener('change', listener);
}
const systemIsDark = (): boolean => dark?.matches ?? false;

export function useThemeName(): ThemeName {
  const system = useSyncExternalStore(subscribe, systemIsDark, systemIsDark);
  const { theme } = usePreferences();
  if (theme !== 'system') return theme;
  return system ? 'dark' : 'light';
}

export const usePalette = (): Palette => PALETTES[useThemeName()];
