import { FailureError } from '@gumshoe/base/failure';

/** Line and column of a character, both from one. */
export function lineAndColumn(query: string, at: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let start = 0;
  for (let next = query.indexOf('\n'); next >= 0 && next < at; next = query.indexOf('\n', start)) {
    line++;
    start = next + 1;
  }
  return { line, column: at - start + 1 };
}

/** A mistake in the query's text, with line and column as Prometheus gives them. */
export function parseError(
  query: string,
  at: number,
  reason: string,
  code: 'invalid-input' | 'not-supported' = 'invalid-input',
): FailureError {
  const { line, column } = lineAndColumn(query, at);
  return new FailureError({
    code,
    tried: 'parse PromQL',
    target: query.slice(0, 500),
    reason: `${line}:${column}: parse error: ${reason}`,
  });
}
