import { FailureError } from '@gumshoe/base/failure';
import type { Table } from '@gumshoe/engine/ports';

/** Rows of several clusters under each other, the name of the cluster in a column of its own before the others. */
export function mergeTables(
  answers: readonly { readonly name: string; readonly answer: Table }[],
  column: string,
  maxRows: number,
): Table {
  const columns = answers[0]?.answer.columns ?? [];
  const names = JSON.stringify(columns.map(({ name }) => name));
  const other = answers.find(
    ({ answer }) => JSON.stringify(answer.columns.map(({ name }) => name)) !== names,
  );
  if (other)
    throw new FailureError({
      code: 'invalid-input',
      tried: 'put the rows of several clusters together',
      target: other.name,
      reason: 'the clusters answer with different columns',
      remedy: 'Name the columns in the query rather than asking for all.',
    });
  const rows = answers.flatMap(({ name, answer }) => answer.rows.map((row) => [name, ...row]));
  return {
    columns: [{ name: column, type: 'String' }, ...columns],
    rows: rows.slice(0, maxRows),
    truncated: rows.length > maxRows || answers.some(({ answer }) => answer.truncated),
  };
}
