const MAX_WORDS = 100;
// words such as "added" are hex too: hashes stay those of Coroot's agent
const HEX = /^(0x[0-9a-f]+|[0-9a-f]{4,})$/i;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const WORD = /^[a-z][a-z._-]*[a-z]$/i;
const OPENED_BY: Readonly<Record<string, string>> = { ']': '[', ')': '(', '}': '{' };

/** The words of a log line that do not change from one occurrence to the next. Linear in the line. */
export function patternWords(line: string): string[] {
  const words: string[] = [];
  for (const raw of withoutEnclosed(line).split(/\s+/)) {
    const token = withoutPunctuation(raw);
    if (token.length < 2 || HEX.test(token) || UUID.test(token)) continue;
    const word = token.replace(/\d/g, '');
    if (!WORD.test(word)) continue;
    words.push(word);
    if (words.length === MAX_WORDS) break;
  }
  return words;
}

/**
 * The line without what stands in quotes and brackets. What is opened and never closed reaches to the end, the
 * apostrophe of "can't" included: so do the patterns of Coroot's agent, and the hashes are to be the same.
 */
function withoutEnclosed(line: string): string {
  let kept = '';
  let from = 0;
  let quote = '';
  const brackets: string[] = [];
  for (const { index, 0: mark } of line.matchAll(/[[\](){}'"]/g)) {
    const outside = quote === '' && brackets.length === 0;
    if (mark === "'" || mark === '"') {
      if (brackets.length > 0 || line[index - 1] === '\\') continue;
      if (quote === '') quote = mark;
      else if (quote === mark) quote = '';
    } else if (quote !== '') continue;
    else if (OPENED_BY[mark] === undefined) brackets.push(mark);
    else if (brackets.at(-1) === OPENED_BY[mark]) brackets.pop();
    const isOutside = quote === '' && brackets.length === 0;
    if (outside && !isOutside) kept += line.slice(from, index);
    else if (!outside && isOutside) from = index + 1;
  }
  return quote === '' && brackets.length === 0 ? kept + line.slice(from) : kept;
}

function withoutPunctuation(token: string): string {
  let end = token.length;
  while (end > 0 && '=:],;'.includes(token[end - 1]!)) end--;
  return token.slice(0, end);
}

/** Two patterns are one when they differ in at most one word. */
export function samePattern(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && ++different > 1) return false;
  return true;
}
