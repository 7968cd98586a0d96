import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { connectionSpec, UsageError, withConnectionFlags, type ConnectionFlags } from './connection-flags.ts';

function flagsOf(...args: string[]): ConnectionFlags {
  const command = withConnectionFlags(new Command()).exitOverride();
  return command.parse(args, { from: 'user' }).opts<ConnectionFlags>();
}

const STORES = ['--clickhouse', 'http://a:8123', '--prometheus', 'https://a/prometheus'];

test('certificates, basic authentication and headers', () => {
  const spec = connectionSpec(
    flagsOf(
      ...STORES,
      ...['--prometheus-user', 'reader', '--prometheus-password-file', '/p', '--prometheus-ca', '/ca'],
      ...['--prometheus-cert', '/c', '--prometheus-key', '/k', '--clickhouse-ca', '/cca'],
      ...['--prometheus-header', 'X-Scope-OrgID: shop', '--prometheus-header-file', 'X-Key: /key'],
    ),
  );
  assert.deepEqual(spec, {
    kind: 'direct',
    clickhouseUrl: 'http://a:8123',
    prometheusUrl: 'https://a/prometheus',
    clickhouseTls: { caFile: '/cca' },
    prometheusUser: 'reader',
    prometheusPasswordRef: '/p',
    prometheusTls: { caFile: '/ca', certFile: '/c', keyFile: '/k' },
    prometheusHeaders: [
      { name: 'X-Scope-OrgID', value: 'shop' },
      { name: 'X-Key', valueRef: '/key' },
    ],
  });
});

test('several clusters, live and recorded', () => {
  const spec = connectionSpec(
    flagsOf(
      '--cluster',
      'east=http://a:8123,http://a:9090',
      '--cluster',
      'west=west.gumshoe',
      '--prometheus-token-file',
      '/t',
    ),
  );
  assert.deepEqual(spec, {
    kind: 'several',
    clusters: [
      {
        name: 'east',
        spec: {
          kind: 'direct',
          clickhouseUrl: 'http://a:8123',
          prometheusUrl: 'http://a:9090',
          prometheusTokenRef: '/t',
        },
      },
      { name: 'west', spec: { kind: 'snapshot', path: 'west.gumshoe' } },
    ],
  });
});

test('a password in an address is refused and not repeated', () => {
  const told = (...args: string[]): string => {
    try {
      connectionSpec(flagsOf(...args));
    } catch (error) {
      return String(error);
    }
    return '';
  };
  for (const args of [
    ['--prometheus', 'http://me:hunter2@a:9090'],
    ['--prometheus', 'http://a', '--clickhouse', 'https://me:hunter2@a'],
    ['--prometheus', 'me:hunter2@a:9090'],
    ['--cluster', 'east=http://me:hunter2@a,http://b'],
  ]) {
    assert.match(told(...args), /UsageError|^Error/);
    assert.doesNotMatch(told(...args), /hunter2/);
  }
});

test('flags that do not fit together are named', () => {
  const wrong = (pattern: RegExp, ...args: string[]): void =>
    assert.throws(
      () => connectionSpec(flagsOf(...args)),
      (error) => error instanceof UsageError && pattern.test(error.message),
    );
  wrong(/say where to read/);
  wrong(/--clickhouse needs --prometheus/, '--clickhouse', 'http://a');
  wrong(/say --clickhouse as well/, '--prometheus', 'http://a', '--ssh', 'u@h');
  wrong(/not both/, ...STORES, '--prometheus-token-file', '/t', '--prometheus-user', 'u');
  wrong(/--prometheus-cert and --prometheus-key/, ...STORES, '--prometheus-cert', '/c');
  wrong(/--prometheus-header "X Y": NAME: VALUE/, ...STORES, '--prometheus-header', 'X Y: secret');
  wrong(/one place to read/, ...STORES, '--snapshot', 'x.gumshoe');
  wrong(/^--prometheus x: an address/, '--prometheus', 'x');
  wrong(/^--clickhouse ftp:..b: an address/, '--clickhouse', 'ftp://b', '--prometheus', 'http://a');
  wrong(/two addresses/, '--cluster', 'east=http://a');
  wrong(/NAME=CLICKHOUSE-URL/, '--cluster', 'east');
});
