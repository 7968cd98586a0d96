import { createHash, createHmac } from 'node:crypto';

/** What known_hosts says of a server's key. */
export type HostKeyVerdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown' }
  /** Another key of the same type is on record. `line` counts from 1. */
  | { readonly kind: 'changed'; readonly line: number; readonly recorded: string }
  | { readonly kind: 'revoked'; readonly line: number };

interface Entry {
  readonly line: number;
  readonly marker: string;
  readonly patterns: string;
  readonly algorithm: string;
  readonly key: string;
}

/** Fingerprint of a key in SSH wire form, as ssh(1) prints it: `SHA256:…`. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** `host`, or `[host]:port` off port 22: the name of a server in known_hosts. */
export const hostName = (host: string, port: number): string => (port === 22 ? host : `[${host}]:${port}`);

/** Name of the key's type, from its wire form: `ssh-ed25519`. */
export function keyAlgorithm(key: Uint8Array): string {
  const view = Buffer.from(key);
  const length = view.length < 4 ? 0 : view.readUInt32BE(0);
  return view.subarray(4, 4 + Math.min(length, 64)).toString('latin1');
}

/** Checks a key against the text of a known_hosts file. */
export function checkHostKey(text: string, host: string, port: number, key: Uint8Array): HostKeyVerdict {
  const name = hostName(host, port);
  const encoded = Buffer.from(key).toString('base64');
  const algorithm = keyAlgorithm(key);
  const entries = parse(text).filter(({ patterns }) => matches(patterns, name));
  const revoked = entries.find((entry) => entry.marker === '@revoked' && entry.key === encoded);
  if (revoked) return { kind: 'revoked', line: revoked.line };
  const plain = entries.filter(({ marker }) => marker === '');
  if (plain.some((entry) => entry.key === encoded)) return { kind: 'known' };
  // A record of another type only says that this type was not seen yet; a server that stops offering the type
  // on record and comes with another is as suspicious as one with another key.
  const other = plain.find((entry) => entry.algorithm === algorithm) ?? plain[0];
  if (!other) return { kind: 'unknown' };
  return { kind: 'changed', line: other.line, recorded: fingerprint(Buffer.from(other.key, 'base64')) };
}

/** Types on record for a host, so that the server is asked for one of these first. */
export function recordedAlgorithms(text: string, host: string, port: number): readonly string[] {
  const name = hostName(host, port);
  const entries = parse(text).filter(({ marker, patterns }) => marker === '' && matches(patterns, name));
  return [...new Set(entries.map(({ algorithm }) => algorithm))];
}

/** The line that makes the key known. */
export function knownHostsLine(host: string, port: number, key: Uint8Array): string {
  return `${hostName(host, port)} ${keyAlgorithm(key)} ${Buffer.from(key).toString('base64')}\n`;
}

function parse(text: string): readonly Entry[] {
  const entries: Entry[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const fields = line.split(/\s+/);
    const marker = fields[0]?.startsWith('@') ? (fields.shift() ?? '') : '';
    const [patterns, algorithm, key] = fields;
    if (patterns && algorithm && key) entries.push({ line: index + 1, marker, patterns, algorithm, key });
  }
  return entries;
}

/** Comma-separated patterns with `*`, `?` and `!`, or one hashed name. */
function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) return hashMatches(patterns, name);
  let found = false;
  for (const pattern of patterns.split(',')) {
    const negated = pattern.startsWith('!');
    if (!wildcard(negated ? pattern.slice(1) : pattern).test(name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

function hashMatches(hashed: string, name: string): boolean {
  const [, , salt = '', hash = ''] = hashed.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
}
