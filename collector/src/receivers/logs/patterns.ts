import { createHash } from 'node:crypto';
import { patternWords, samePattern } from '@gumshoe/text/log-pattern';
import type { LogLevel } from '@gumshoe/text/log-level';

const OVERFLOW = { hash: '0'.repeat(32), sample: 'unclassified pattern (pattern limit reached)' };

export interface Pattern {
  readonly hash: string;
  readonly sample: string;
}

/** Patterns of one container, at most `limit` for each level; the rest is one pattern of its own. */
export class Patterns {
  private readonly limit: number;
  private readonly byLevel = new Map<
    LogLevel,
    { readonly words: readonly string[]; readonly pattern: Pattern }[]
  >();

  constructor(limit = 256) {
    this.limit = limit;
  }

  of(level: LogLevel, message: string): Pattern {
    const words = patternWords(message);
    const known = this.byLevel.get(level) ?? [];
    this.byLevel.set(level, known);
    const found = known.find((one) => samePattern(one.words, words));
    if (found) return found.pattern;
    if (known.length >= this.limit) return OVERFLOW;
    const hash = createHash('md5').update(words.join(' ')).digest('hex');
    const pattern = { hash, sample: (message.split('\n')[0] ?? '').slice(0, 256) };
    known.push({ words, pattern });
    return pattern;
  }
}
