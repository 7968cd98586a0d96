import { styleText } from 'node:util';
import type { Health } from '@gumshoe/model/entities';

const COLOURS = { critical: 'red', warning: 'yellow', ok: 'green', unknown: 'gray' } as const;

/** The word, coloured when stdout is a terminal that wants colours (NO_COLOR, FORCE_COLOR). */
export const healthText = (health: Health): string =>
  styleText(COLOURS[health], health, { stream: process.stdout });
