const MAX_WORDS = 100;
const QUOTED = /'[^']*'|"[^"]*"|\([^()]*\)|\[[^[\]]*\]|\{[^{}]*\}/g;
// words such as "added" are hex too: hashes stay those of Coroot's agent
const HEX = /^(0x[0-9a-f]+|[0-9a-f]{4,})$/i;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const WORD = /^[a-z][a-z._-]*[a-z]$/i;

/** The words of a log line that do not change from one occurrence to the next. Linear in the line. */
export function patternWords(line: string): string[] {
  let text = line.slice(0, 4096);
  for (let depth = 0; depth < 3; depth++) text = text.replace(QUOTED, ' ');
  const words: string[] = [];
  for (const raw of text.split(/\s+/)) {
    const token = raw.replace(/[=:\],;]+$/, '');
    if (token.length < 2 || HEX.test(token) || UUID.test(token)) continue;
    const word = token.replace(/\d/g, '');
    if (!WORD.test(word)) continue;
    words.push(word);
    if (words.length === MAX_WORDS) break;
  }
  return words;
}

/** Two patterns are one when they differ in at most one word. */
export function samePattern(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && ++different > 1) return false;
  return true;
}
