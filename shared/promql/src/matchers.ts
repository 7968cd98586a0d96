import type { Labels } from '@gumshoe/base/series';
import { compileRegex } from './regex.ts';

export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** A missing label counts as the empty string. Regular expressions match the whole value. */
export function compileMatchers(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map(compileMatcher);
  return (labels) => tests.every((test) => test(labels));
}

function compileMatcher(matcher: Matcher): (labels: Labels) => boolean {
  const { name, op, value } = matcher;
  if (op === '=') return (labels) => (labels[name] ?? '') === value;
  if (op === '!=') return (labels) => (labels[name] ?? '') !== value;
  const matches = compileRegex(value);
  return (labels) => matches(labels[name] ?? '') === (op === '=~');
}
