import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  checkHostKey,
  fingerprint,
  keyAlgorithm,
  knownHostsLine,
  recordedAlgorithms,
} from './known-hosts.ts';

function wire(algorithm: string, content: string): Buffer {
  const part = (text: string): Buffer[] => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return [length, Buffer.from(text)];
  };
  return Buffer.concat([...part(algorithm), ...part(content)]);
}

const KEY = wire('ssh-ed25519', 'a'.repeat(32));
const OTHER = wire('ssh-ed25519', 'b'.repeat(32));
const RSA = wire('ssh-rsa', 'c'.repeat(300));
const base64 = KEY.toString('base64');

test('plain names, ports, lists, wildcards and negation', () => {
  const check = (patterns: string, host: string, port = 22): string =>
    checkHostKey(`# comment\n\n${patterns} ssh-ed25519 ${base64} note\n`, host, port, KEY).kind;
  assert.equal(check('web.example', 'web.example'), 'known');
  assert.equal(check('web.example', 'WEB.example'), 'known');
  assert.equal(check('web.example', 'webxexample'), 'unknown');
  assert.equal(check('web.example', 'web.example', 2222), 'unknown');
  assert.equal(check('[web.example]:2222', 'web.example', 2222), 'known');
  assert.equal(check('a.example,10.0.0.?', '10.0.0.7'), 'known');
  assert.equal(check('*.example,!db.example', 'web.example'), 'known');
  assert.equal(check('*.example,!db.example', 'db.example'), 'unknown');
});

test('hashed names', () => {
  const salt = Buffer.from('0123456789abcdefghij');
  const hash = createHmac('sha1', salt).update('[web.example]:2222').digest('base64');
  const text = `|1|${salt.toString('base64')}|${hash} ssh-ed25519 ${base64}\n`;
  assert.equal(checkHostKey(text, 'web.example', 2222, KEY).kind, 'known');
  assert.equal(checkHostKey(text, 'web.example', 22, KEY).kind, 'unknown');
});

test('another key is a change that names its line and both sides', () => {
  const text = `other ssh-ed25519 ${base64}\nweb ssh-rsa ${RSA.toString('base64')}\nweb ssh-ed25519 ${base64}\n`;
  assert.deepEqual(checkHostKey(text, 'web', 22, OTHER), {
    kind: 'changed',
    line: 3,
    recorded: fingerprint(KEY),
  });
  assert.equal(checkHostKey(text, 'web', 22, RSA).kind, 'known');
  assert.deepEqual(recordedAlgorithms(text, 'web', 22), ['ssh-rsa', 'ssh-ed25519']);
  const rsaOnly = `web ssh-rsa ${RSA.toString('base64')}\n`;
  assert.equal(checkHostKey(rsaOnly, 'web', 22, KEY).kind, 'changed');
});

test('a revoked key is refused even when another line knows it', () => {
  const text = `web ssh-ed25519 ${base64}\n@revoked * ssh-ed25519 ${base64}\n`;
  assert.deepEqual(checkHostKey(text, 'web', 22, KEY), { kind: 'revoked', line: 2 });
  assert.equal(checkHostKey(`@cert-authority web ssh-ed25519 ${base64}\n`, 'web', 22, KEY).kind, 'unknown');
});

test('a line that was added makes the key known', () => {
  const line = knownHostsLine('web', 2222, KEY);
  assert.equal(checkHostKey(line, 'web', 2222, KEY).kind, 'known');
  assert.equal(keyAlgorithm(KEY), 'ssh-ed25519');
});

test('hashes and fingerprints are those of ssh-keygen', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'gumshoe-known-'));
  try {
    const path = join(directory, 'key');
    try {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
    } catch {
      return context.skip('ssh-keygen is not installed');
    }
    const [algorithm, key = ''] = readFileSync(`${path}.pub`, 'utf8').split(' ');
    const known = join(directory, 'known');
    writeFileSync(known, `[web.example]:2200 ${algorithm} ${key}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', known], { stdio: 'ignore' });
    const text = readFileSync(known, 'utf8');
    assert.match(text, /^\|1\|/);
    const bytes = Buffer.from(key, 'base64');
    assert.equal(checkHostKey(text, 'web.example', 2200, bytes).kind, 'known');
    assert.equal(checkHostKey(text, 'web.example', 2200, KEY).kind, 'changed');
    const printed = execFileSync('ssh-keygen', ['-l', '-f', `${path}.pub`], { encoding: 'utf8' });
    assert.equal(printed.split(' ')[1], fingerprint(bytes));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
