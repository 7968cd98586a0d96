const REDACTED = '[redacted]';

/** Each names what comes before a secret (kept) and the secret itself. Bounded repeats keep them linear. */
const SECRETS: readonly RegExp[] = [
  // whole header values: cookies and credentials have spaces in them
  /(\b(?:proxy-authorization|authorization|set-cookie|cookie)["']?\s{0,3}[:=]\s{0,3}["']?)[^"'\r\n]{1,4096}/gi,
  /(\b(?:bearer|basic)\s{1,3})[A-Za-z0-9+/=._~-]{8,4096}/gi,
  /(\b[\w-]{0,40}(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key)["']?\s{0,3}[:=]\s{0,3}["']?)[^\s"',;&)}\]]{1,4096}/gi,
  /(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]{0,256}:)[^\s@/]{1,256}(?=@)/gi,
  /(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)[^-]{0,8192}/g,
];

/**
 * Text without what looks like a secret: header values that carry credentials, bearer tokens, passwords in URLs
 * and assignments, private keys. What names the secret stays, so a reader still sees what was there.
 */
export function redactSecrets(text: string): string {
  let result = text;
  for (const pattern of SECRETS) result = result.replace(pattern, `$1${REDACTED}`);
  return result;
}
