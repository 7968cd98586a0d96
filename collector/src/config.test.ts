import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ConfigError, readConfig, readSecret } from './config.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

function yamlFile(t: TestContext, text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'gumshoe-config-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'collector.yaml');
  writeFileSync(file, text);
  return file;
}

function mistakes(...argv: string[]): readonly string[] {
  try {
    readConfig(argv);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.mistakes;
  }
  return [];
}

test('flags win over the file, the file wins over defaults', (t) => {
  const file = yamlFile(t, 'interval: 30s\nlisten: 127.0.0.1:1\nmemory-limit: 1GiB\n');
  const config = readConfig(['--config', file, '--interval', '5s']);
  assert.equal(config?.interval, 5000);
  assert.equal(config?.listen, '127.0.0.1:1');
  assert.equal(config?.['memory-limit'], 1024 ** 3);
  assert.equal(config?.['ttl-logs'], 7);
});

test('repeated flags add up', () => {
  const config = readConfig(['--target-pid', '1', '--target-pid', '2', '--log-file', '/a=/var/log/a']);
  assert.deepEqual(config?.['target-pid'], [1, 2]);
  assert.deepEqual(config?.['log-file'], [{ containerId: '/a', path: '/var/log/a' }]);
});

test('every mistake is one line that names its flag', () => {
  const lines = mistakes('--interval', '1ms', '--listen', 'nowhere', '--disable', 'nothing');
  assert.equal(lines.length, 3);
  for (const flag of ['--interval', '--listen', '--disable'])
    assert.equal(lines.filter((line) => line.startsWith(`${flag} `) && !line.includes('\n')).length, 1);
});

test('a mistake in the file is named by file and line', (t) => {
  const file = yamlFile(t, '# comment\ninterval: soon\nttl-logs: -1\n');
  const lines = mistakes('--config', file);
  assert.equal(lines.length, 2);
  assert.ok(lines[0]?.startsWith(`${file}:2: interval: `));
  assert.ok(lines[1]?.startsWith(`${file}:3: ttl-logs: `));
});

test('unknown names, broken YAML and passwords in URLs are refused', (t) => {
  assert.match(mistakes('--config', yamlFile(t, 'intervall: 5s\n'))[0] ?? '', /intervall: no such setting/);
  assert.match(mistakes('--config', yamlFile(t, 'a: [1\n'))[0] ?? '', /collector\.yaml:\d+: /);
  assert.match(mistakes('--clickhouse-url', 'http://u:p@h:1')[0] ?? '', /no password in the URL/);
  assert.match(mistakes('--target-pid', '1', '--target-netns', 'x')[0] ?? '', /one kind of target/);
});

test('an unreadable secret names the path, not more', () => {
  assert.throws(() => readSecret('/nowhere/secret', 'gateway-token-file'), {
    message: /^--gateway-token-file \/nowhere\/secret: ENOENT/,
  });
});

test('exit codes: 2 for a bad configuration, 0 for --help', () => {
  const bad = spawnSync(process.execPath, [MAIN, '--interval', 'never'], { encoding: 'utf8' });
  assert.equal(bad.status, 2);
  assert.match(bad.stderr, /gumshoe-collector: --interval never: a duration/);
  const help = spawnSync(process.execPath, [MAIN, '--help'], { encoding: 'utf8' });
  assert.equal(help.status, 0);
  assert.match(help.stdout, /--target-cgroup <path>/);
});
