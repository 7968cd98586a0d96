import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError } from './config-error.ts';
import { readConfig } from './config.ts';
import { readSecret } from './secret-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'gumshoe-config-'));
after(() => rmSync(dir, { recursive: true, force: true }));

function mistakes(argv: readonly string[]): readonly string[] {
  try {
    readConfig(argv);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.mistakes;
  }
  return assert.fail('accepted');
}

test('without settings the defaults hold', () => {
  const config = readConfig([]);
  assert.equal(config?.listen, '127.0.0.1:10300');
  assert.equal(config?.interval, 15_000);
  assert.deepEqual(config?.disable, []);
});

test('flags win over YAML, YAML over defaults; durations and sizes have units', () => {
  const path = join(dir, 'ok.yaml');
  writeFileSync(
    path,
    'interval: 5s\nmemory-limit: 1GiB\ntarget-cgroup: [/a.slice, /b.slice]\nttl-logs: 3\nprofile-frequency: 0\n',
  );
  const config = readConfig([
    '--config',
    path,
    '--interval',
    '1500ms',
    '--log-file',
    '/a.slice/x.service=/tmp/x',
  ]);
  assert.equal(config?.interval, 1500);
  assert.equal(config?.['memory-limit'], 2 ** 30);
  assert.deepEqual(config?.['target-cgroup'], ['/a.slice', '/b.slice']);
  assert.equal(config?.['ttl-logs'], 3);
  assert.equal(config?.['profile-frequency'], 0);
  assert.deepEqual(config?.['log-file'], [{ containerId: '/a.slice/x.service', path: '/tmp/x' }]);
});

test('every mistake has a line of its own: the flag, or the file and its line', () => {
  assert.deepEqual(
    mistakes(['--interval', 'often', '--disable', 'everything', '--target-pid', '0']).length,
    3,
  );
  assert.match(mistakes(['--interval', 'often'])[0] ?? '', /^--interval often: a duration such as/);
  assert.match(mistakes(['--disable', 'x'])[0] ?? '', /ebpf.*profiles.*logs.*proc/);
  const path = join(dir, 'bad.yaml');
  writeFileSync(path, '# settings\nlisten: nowhere\n\nintervall: 5s\n');
  const lines = mistakes(['--config', path]);
  assert.ok(
    lines.some((line) => line.startsWith(`${path}:2: listen: host:port`)),
    lines.join('\n'),
  );
  assert.ok(
    lines.some((line) => line.startsWith(`${path}:4: intervall: no such setting`)),
    lines.join('\n'),
  );
});

test('a file that is no YAML names the line; one that is not there names the path', () => {
  const path = join(dir, 'broken.yaml');
  writeFileSync(path, 'listen: 127.0.0.1:0\n  interval: [1\n');
  assert.match(mistakes(['--config', path])[0] ?? '', /broken\.yaml:\d+: /);
  assert.match(mistakes(['--config', join(dir, 'none.yaml')])[0] ?? '', /none\.yaml: ENOENT/);
});

test('what cannot go together is refused', () => {
  assert.match(mistakes(['--target-pid', '1', '--target-cgroup', '/a'])[0] ?? '', /one kind of target/);
  assert.match(
    mistakes(['--gateway-listen', '127.0.0.1:0'])[0] ?? '',
    /needs clickhouse-url and prometheus-url/,
  );
  assert.match(mistakes(['--listen-cert-file', '/c'])[0] ?? '', /TLS needs/);
});

test('a password in a URL is refused without being repeated', () => {
  const [line = ''] = mistakes(['--clickhouse-url', 'http://me:hunter2@db:8123']);
  assert.match(line, /no password in the URL/);
  assert.ok(!line.includes('hunter2'), line);
});

test('secrets leave the machine in TLS only', () => {
  const store = ['--clickhouse-url', 'http://db:8123'];
  const secret = ['--clickhouse-password-file', '/p'];
  assert.ok(readConfig(store));
  assert.match(
    mistakes([...store, ...secret])[0] ?? '',
    /clickhouse-password-file goes in plain text to loopback only/,
  );
  assert.ok(readConfig([...store, ...secret, '--stores-insecure']));
  assert.ok(readConfig(['--clickhouse-url', 'https://db:8443', ...secret]));
  assert.ok(readConfig(['--clickhouse-url', 'http://127.0.0.1:8123', ...secret]));
  assert.match(
    mistakes(['--remote-write-url', 'http://127.0.0.1.example.org', '--remote-write-token-file', '/t'])[0] ??
      '',
    /remote-write-token-file goes in plain text/,
  );
});

test('OTLP leaves the machine in TLS only', () => {
  for (const to of [
    'http://hub:4318',
    'grpc://10.0.0.7:4317',
    'http://127.0.0.1.example.org:4318',
    'http://[::2]:4318',
  ]) {
    const [line = '', ...more] = mistakes(['--otlp-export-url', to]);
    assert.equal(
      line,
      `--otlp-export-url ${to}: plain text goes to loopback only: use https:// or grpcs://, or an address of loopback`,
    );
    assert.deepEqual(more, []);
  }
  for (const to of [
    'https://hub:4318',
    'grpcs://hub:4317',
    'http://127.0.0.1:4318',
    'http://[::1]:4318',
    'grpc://localhost:4317',
  ])
    assert.equal(readConfig(['--otlp-export-url', to])?.['otlp-export-url'], to);
});

test('a secret is the first line of its file; the error names the path only', () => {
  const path = join(dir, 'secret');
  writeFileSync(path, 'abc\nsecond\n');
  assert.equal(readSecret(path, 'token-file'), 'abc');
  assert.throws(() => readSecret(join(dir, 'none'), 'token-file'), /--token-file .*none: ENOENT/);
});
