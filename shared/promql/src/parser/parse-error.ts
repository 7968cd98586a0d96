import { FailureError } from '@gumshoe/base/failure';

/** A mistake in the query's text, with line and column from one. */
export function parseError(
  query: string,
  at: number,
  reason: string,
  code: 'invalid-input' | 'not-supported' = 'invalid-input',
): FailureError {
  const before = query.slice(0, at).split('\n');
  const where = `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
  return new FailureError({
    code,
    tried: 'parse PromQL',
    target: query.slice(0, 500),
    reason: `${where}: ${reason}`,
  });
}
