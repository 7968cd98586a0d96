/** What a statement does and to which table; '' where it cannot be told. */
export interface SqlSummary {
  readonly operation: string;
  readonly table: string;
}

const LEADING = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$)|\()+/;
const OPERATION = /^[A-Za-z]{2,20}/;
const WORD = '(?:"[^"]{1,64}"|`[^`]{1,64}`|[A-Za-z_][\\w$]{0,63})';
const NAME = `(${WORD}(?:\\.${WORD}){0,2})`;
const TABLE_BY_OPERATION: Readonly<Record<string, RegExp>> = {
  SELECT: new RegExp(`\\bfrom\\s{1,8}${NAME}`, 'i'),
  DELETE: new RegExp(`\\bfrom\\s{1,8}${NAME}`, 'i'),
  INSERT: new RegExp(`\\binto\\s{1,8}${NAME}`, 'i'),
  REPLACE: new RegExp(`\\binto\\s{1,8}${NAME}`, 'i'),
  UPDATE: new RegExp(`\\bupdate\\s{1,8}(?:only\\s{1,8})?${NAME}`, 'i'),
  TRUNCATE: new RegExp(`\\btruncate\\s{1,8}(?:table\\s{1,8})?${NAME}`, 'i'),
  LOCK: new RegExp(`\\block\\s{1,8}(?:table\\s{1,8})?${NAME}`, 'i'),
  COPY: new RegExp(`\\bcopy\\s{1,8}${NAME}`, 'i'),
};

/** Statements whose summaries are kept: obfuscated, a program has few. */
const KEPT = 256;
const kept = new Map<string, SqlSummary>();

/** The operation is SQL's first word in capitals (`SELECT`, `BEGIN`). Give it obfuscated SQL. */
export function summarizeSql(sql: string): SqlSummary {
  const known = kept.get(sql);
  if (known) return known;
  if (kept.size >= KEPT) kept.clear();
  const summary = summaryOf(sql);
  kept.set(sql, summary);
  return summary;
}

function summaryOf(sql: string): SqlSummary {
  const body = sql.replace(LEADING, '');
  const operation = OPERATION.exec(body)?.[0].toUpperCase() ?? '';
  const table = TABLE_BY_OPERATION[operation]?.exec(body)?.[1] ?? '';
  return { operation, table: table.replace(/["`]/g, '') };
}
