const QUANTITY = 'number, duration, step(), or range()';
const AGGREGATION =
  /(?:^|[^\w:])(?:sum|avg|count|min|max|group|stddev|stdvar|topk|bottomk|count_values|quantile|limitk|limit_ratio)\s*(?:by|without)\s*\([^()]*\)\s*$/i;
const GROUPING = /(?:^|[^\w:])(?:by|without|on|ignoring|group_left|group_right)\s*$/i;

/**
 * In what part of a query its grammar stops, and what that part expects there, in Prometheus's words: ` in label matching,
 * expected string`; '' where Prometheus does not say. `before` is the text up to there.
 */
export function syntaxContext(before: string): string {
  const bare = withoutTexts(before);
  if (/@\s*$/.test(bare)) return ' in @, expected timestamp';
  if (/(?:^|\W)offset\s*$/i.test(bare)) return ` in offset, expected ${QUANTITY}`;
  if (/(?:^|[^\w:])(?:by|without|on|ignoring)\s*$/i.test(bare)) return ' in grouping opts, expected "("';
  if (AGGREGATION.test(bare)) return ' in aggregation';
  const open = lastOpen(bare);
  if (open < 0) return '';
  const inside = bare.slice(open + 1).trimEnd();
  if (bare[open] === '{') return inBraces(inside.trimStart());
  if (bare[open] === '[') return inBrackets(inside.trim());
  if (!GROUPING.test(bare.slice(0, open))) return '';
  const expected = inside.trim() === '' || inside.endsWith(',') ? 'label' : '"," or ")"';
  return ` in grouping opts, expected ${expected}`;
}

/** The innermost bracket that is still open. */
export function openBracket(before: string): string | undefined {
  const bare = withoutTexts(before);
  return bare[lastOpen(bare)];
}

/** Strings and comments hold no brackets. */
const withoutTexts = (text: string): string =>
  text.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`/g, '""').replace(/#[^\n]*/g, '');

/** Place of the innermost bracket that is still open; -1 for none. */
function lastOpen(text: string): number {
  let closed = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    if (')]}'.includes(text[i]!)) closed++;
    else if ('([{'.includes(text[i]!) && closed-- === 0) return i;
  }
  return -1;
}

function inBraces(inside: string): string {
  const expected =
    inside === '' || inside.endsWith(',')
      ? 'identifier or "}"'
      : /[=~]$|!=$/.test(inside)
        ? 'string'
        : /(?:^|,)\s*\w+$/.test(inside)
          ? 'label matching operator'
          : '"," or "}"';
  return ` in label matching, expected ${expected}`;
}

function inBrackets(inside: string): string {
  if (inside === '') return ` in subquery or range selector, expected ${QUANTITY}`;
  if (!inside.includes(':')) return ' in subquery or range, expected ":" or "]"';
  const expected = inside.endsWith(':') ? `${QUANTITY.replace('or range()', 'range()')}, or "]"` : '"]"';
  return ` in subquery selector, expected ${expected}`;
}
