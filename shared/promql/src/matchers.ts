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
  const read = (labels: Labels): string => {
    const found = labels[name];
    return typeof found === 'string' ? found : '';
  };
  if (op === '=') return (labels) => read(labels) === value;
  if (op === '!=') return (labels) => read(labels) !== value;
  const matches = compileRegex(value);
  return (labels) => matches(read(labels)) === (op === '=~');
}
