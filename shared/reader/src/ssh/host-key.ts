import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { FailureError } from '@gumshoe/base/failure';
import type { OpenOptions } from '../open.ts';
import {
  checkHostKey,
  fingerprint,
  hostName,
  keyAlgorithm,
  knownHostsLine,
  recordedAlgorithms,
} from './known-hosts.ts';

/** Keys that a signature of this type is made with are all `ssh-rsa` on record. */
const RSA = ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'];
const ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** The server's key did not pass; whoever opened the connection may ask the user about an unknown one. */
export class UnknownHostKey extends Error {
  readonly key: Buffer;
  constructor(key: Buffer) {
    super('unknown host key');
    this.key = key;
  }
}

/** A known_hosts file as far as one server is concerned. */
export class HostKeys {
  readonly file: string;
  private readonly host: string;
  private readonly port: number;

  constructor(file: string | undefined, host: string, port: number) {
    this.file = file ?? join(homedir(), '.ssh', 'known_hosts');
    this.host = host;
    this.port = port;
  }

  get name(): string {
    return hostName(this.host, this.port);
  }

  /** What to ask the server for: the types on record first. */
  algorithms(): string[] {
    const recorded = recordedAlgorithms(this.text(), this.host, this.port);
    const first = recorded.flatMap((name) => (name === 'ssh-rsa' ? RSA : [name]));
    const supported = [...ALGORITHMS, 'ssh-rsa'];
    return [...new Set([...first.filter((name) => supported.includes(name)), ...ALGORITHMS])];
  }

  /** Why the key must not be trusted; undefined when it is known. */
  problem(key: Buffer): FailureError | UnknownHostKey | undefined {
    const verdict = checkHostKey(this.text(), this.host, this.port, key);
    const tried = 'verify the key of the SSH server';
    const shown = `${keyAlgorithm(key)} ${fingerprint(key)}`;
    switch (verdict.kind) {
      case 'known':
        return undefined;
      case 'unknown':
        return new UnknownHostKey(key);
      case 'revoked':
        return new FailureError({
          code: 'host-key-changed',
          tried,
          target: this.name,
          reason: `the server shows ${shown}, revoked at ${this.file}:${verdict.line}`,
          remedy: 'Do not connect before its administrator has told you the new key.',
        });
      case 'changed':
        return new FailureError({
          code: 'host-key-changed',
          tried,
          target: this.name,
          reason: `the server shows ${shown}, but ${this.file}:${verdict.line} has ${verdict.recorded}`,
          remedy:
            'Somebody may be in between. If its administrator confirms the new key, remove that line and connect again.',
        });
    }
  }

  /** Asks about an unknown key and remembers a yes. Rejects with `host-key-unknown` on a no. */
  async decide(key: Buffer, confirm: OpenOptions['confirmHostKey']): Promise<void> {
    const question = { host: this.name, algorithm: keyAlgorithm(key), fingerprint: fingerprint(key) };
    if (!(await confirm?.(question)))
      throw new FailureError({
        code: 'host-key-unknown',
        tried: 'verify the key of the SSH server',
        target: this.name,
        reason: `${question.algorithm} ${question.fingerprint} is not in ${this.file}${confirm ? ' and was not accepted' : ''}`,
        remedy: 'Compare the fingerprint with the one of the server, then accept it.',
      });
    this.remember(key);
  }

  private remember(key: Buffer): void {
    try {
      mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
      const isNew = !existsSync(this.file);
      const text = this.text();
      const gap = text === '' || text.endsWith('\n') ? '' : '\n';
      appendFileSync(this.file, gap + knownHostsLine(this.host, this.port, key), { mode: 0o600 });
      if (isNew) chmodSync(this.file, 0o600);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new FailureError({
        code: 'internal',
        tried: 'remember the key of the SSH server',
        target: this.file,
        reason,
        remedy: 'Give a file that you may write.',
      });
    }
  }

  private text(): string {
    try {
      return readFileSync(this.file, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
      const reason = error instanceof Error ? error.message : String(error);
      throw new FailureError({
        code: 'not-found',
        tried: 'read the known hosts',
        target: this.file,
        reason,
        remedy: 'Give a file that you may read.',
      });
    }
  }
}
