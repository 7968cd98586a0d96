import { obfuscateSql } from './sql-obfuscate.ts';
import { redactSecrets } from './redact.ts';

const SQL = /\b(select\s.{1,2000}?\sfrom|insert\s+into|update\s.{1,500}?\sset|delete\s+from)\b/is;

/** With the colon behind it where it is the name of a field, which stays. */
const QUOTED = /"(?:[^"\\\n]|\\.){0,4096}"(\s{0,3}:)?/g;

/** What each looks like, and what stands for it. Bounded repeats keep them linear. */
const LITERALS: readonly (readonly [RegExp, string])[] = [
  [/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g, '<email>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '<ip>'],
  [
    /(?<![\w:.])(?=[0-9a-f:]{0,39}\d)(?=[0-9a-f:]{0,39}::|(?:[0-9a-f]{1,4}:){7})[0-9a-f:]{2,39}(?![\w:])/gi,
    '<ip>',
  ],
  [/'(?:[^'\\\n]|\\.){0,4096}'/g, "'?'"],
  [/(\?|&)([\w.-]{1,64})=[^&\s"']{1,4096}/g, '$1$2=?'],
  [/\b(?=[0-9a-f]{0,64}\d)[0-9a-f]{16,64}\b/gi, '<id>'],
  [/\b\d{6,40}\b/g, '<number>'],
];

/**
 * Free text without literals: SQL through `obfuscateSql`, else quoted texts, query parameters, mail and IP addresses,
 * UUIDs, long hexadecimal ids, numbers of six digits and more, and secrets become placeholders. The words stay, so
 * equal messages stay equal.
 */
export function obfuscateText(text: string): string {
  let result = redactSecrets(text);
  const sql = SQL.exec(result);
  if (sql) result = result.slice(0, sql.index) + obfuscateSql(result.slice(sql.index));
  result = result.replace(QUOTED, (whole, colon: string | undefined) =>
    colon === undefined ? '"?"' : whole,
  );
  for (const [pattern, placeholder] of LITERALS) result = result.replace(pattern, placeholder);
  return result;
}
