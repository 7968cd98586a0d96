const DATABASE = 'SQLite format 3';

/** Whether it is a snapshot, or another database: its first page may hold what looks like text. */
export const isDatabase = (head: Buffer): boolean => head.toString('latin1', 0, DATABASE.length) === DATABASE;

/** How files begin that people take for something else. */
const BEGINNINGS: readonly (readonly [string, string])[] = [
  ...['\x89PNG', 'GIF8', '\xff\xd8\xff'].map((magic) => [magic, 'an image'] as const),
  ['%PDF', 'a PDF'],
  ...['PK\x03\x04', 'BZh', '\xfd7zXZ', 'Rar!'].map((magic) => [magic, 'an archive to be unpacked'] as const),
  [DATABASE, 'a database; gumshoe snapshot merge puts snapshots together'],
];
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^\s*<(?:!doctype|html|\?xml|svg)/i, 'HTML or XML'],
  [/^[^\n,;\t]+([,;\t])[^\n]*\n[^\n]*\1/, 'a table of values with separators'],
];

/** What a file looks like that is nothing that can be read, to put before why; '' when it looks like nothing known. */
export function whatElse(head: Buffer): string {
  const text = head.toString('latin1', 0, 4096);
  const known =
    BEGINNINGS.find(([magic]) => text.startsWith(magic)) ?? TEXTS.find(([pattern]) => pattern.test(text));
  return known ? `it looks like ${known[1]}; it is ` : '';
}
