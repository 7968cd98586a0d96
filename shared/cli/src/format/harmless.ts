/**
 * Control characters and marks that turn the direction of text: in a name or a log line they would move the cursor,
 * change a terminal's settings, or make a line read as another one. Line ends and tabs are no such characters.
 */
const HARMFUL = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

const ESCAPE = '\u001b';
/** The escapes of `colour.ts`, which are ours. */
const OURS = new RegExp(`(${ESCAPE}\\[(?:3[1239]|90)m)`);

/** Text of others for a terminal: what would not be shown is shown as U+FFFD. */
export const harmless = (text: string): string =>
  text
    .split(OURS)
    .map((part, i) => (i % 2 === 1 ? part : plain(part)))
    .join('');

/** The same of text without colours. */
export const plain = (text: string): string => text.replace(HARMFUL, '\u{fffd}');

/** JSON in which such characters are escapes: the same value. */
export const harmlessJson = (json: string): string =>
  json.replace(HARMFUL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
