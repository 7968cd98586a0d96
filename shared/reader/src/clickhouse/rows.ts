import { FailureError } from '@gumshoe/base/failure';
import type { SqlRows } from '../transports.ts';

/** Bytes of JSON that one answer may have; a query can lift the server's own limits with SETTINGS. */
const LARGEST_ANSWER = 256 * 1024 ** 2;

interface TextRow {
  readonly text: string;
}

/** Reads JSONCompactEachRowWithNamesAndTypes until there are enough rows; leaving the loop ends the query. */
export async function readRows(
  stream: AsyncIterable<readonly TextRow[]>,
  maxRows: number,
  target: string,
): Promise<SqlRows> {
  let names: readonly string[] | undefined;
  let columns: SqlRows['columns'] | undefined;
  const rows: unknown[][] = [];
  let bytes = 0;
  for await (const chunk of stream)
    for (const { text } of chunk) {
      bytes += text.length;
      if (names === undefined) names = listOf(text) as string[];
      else if (columns === undefined) {
        const types = listOf(text);
        columns = names.map((name, i) => ({ name, type: String(types[i] ?? '') }));
      } else if (rows.length === maxRows) return { columns, rows, truncated: true };
      else rows.push(listOf(text));
      if (bytes > LARGEST_ANSWER) throw tooLarge(target);
    }
  if (columns === undefined) throw new SyntaxError('the answer has no columns: it is not valid JSON');
  return { columns, rows, truncated: false };
}

function listOf(text: string): unknown[] {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) throw new SyntaxError(`${text.slice(0, 60)} is not valid JSON of a row`);
  return value;
}

const tooLarge = (target: string): FailureError =>
  new FailureError({
    code: 'limit-exceeded',
    tried: 'query ClickHouse',
    target,
    reason: `the answer is larger than ${LARGEST_ANSWER} bytes`,
    remedy: 'Ask for fewer or shorter columns, or fewer rows.',
  });
