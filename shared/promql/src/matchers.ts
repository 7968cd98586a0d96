import { FailureError } from '@gumshoe/base/failure';
import type { Labels } from '@gumshoe/base/series';

export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** A missing label counts as the empty string. Regular expressions match the whole value (RE2 there, ECMAScript here). */
export function compileMatchers(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map(compileMatcher);
  return (labels) => tests.every((test) => test(labels));
}

function compileMatcher(matcher: Matcher): (labels: Labels) => boolean {
  const { name, op, value } = matcher;
  if (op === '=') return (labels) => (labels[name] ?? '') === value;
  if (op === '!=') return (labels) => (labels[name] ?? '') !== value;
  const alternatives = plainAlternatives(value);
  if (alternatives) return (labels) => alternatives.has(labels[name] ?? '') === (op === '=~');
  const pattern = compilePattern(value);
  return (labels) => pattern.test(labels[name] ?? '') === (op === '=~');
}

/** `a|b|c` without any special character is a set: a look-up, not an expression. */
function plainAlternatives(pattern: string): ReadonlySet<string> | undefined {
  return /^[\w:|/@ -]*$/.test(pattern) ? new Set(pattern.split('|')) : undefined;
}

export function compilePattern(pattern: string): RegExp {
  try {
    const flags = /^\(\?([is]+)\)/.exec(pattern);
    const body = flags ? pattern.slice(flags[0].length) : pattern;
    const named = body.replace(/\(\?P</g, '(?<');
    return new RegExp(`^(?:${named})$`, `s${flags?.[1]?.includes('i') ? 'i' : ''}`);
  } catch (error) {
    throw new FailureError({
      code: 'invalid-input',
      tried: 'compile a regular expression',
      target: pattern,
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}
