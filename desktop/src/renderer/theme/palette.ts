import type { Health } from '@gumshoe/model/entities';

export type ThemeName = 'light' | 'dark';

/** Colours that canvases and charts draw with; the style sheet has the same ones as variables. */
export interface Palette {
  readonly name: ThemeName;
  readonly background: string;
  readonly surface: string;
  readonly raised: string;
  readonly line: string;
  readonly text: string;
  readonly muted: string;
  readonly accent: string;
  readonly health: Readonly<Record<Health, string>>;
  /** Series of a chart, apart from each other also for colour-blind eyes. */
  readonly series: readonly string[];
}

const DARK: Palette = {
  name: 'dark',
  background: '#111418',
  surface: '#1a1e24',
  raised: '#232830',
  line: '#343b46',
  text: '#e8ebf0',
  muted: '#98a2b0',
  accent: '#68a3f0',
  health: { ok: '#4bb97f', warning: '#f0a83c', critical: '#f2646a', unknown: '#8892a0' },
  series: ['#68a3f0', '#f0a83c', '#4fc6b8', '#d987d6', '#b7c957', '#f2806a', '#9a90f2', '#c2a27e'],
};

const LIGHT: Palette = {
  name: 'light',
  background: '#f4f5f7',
  surface: '#ffffff',
  raised: '#ffffff',
  line: '#d5dae1',
  text: '#1b2028',
  muted: '#5c6674',
  accent: '#1f66c9',
  health: { ok: '#17804a', warning: '#985500', critical: '#c3262d', unknown: '#6b7684' },
  series: ['#1f66c9', '#b86a00', '#0c8377', '#a03c9c', '#6a7d10', '#c04a32', '#5a4fc4', '#7d5f3c'],
};

export const PALETTES: Readonly<Record<ThemeName, Palette>> = { dark: DARK, light: LIGHT };
