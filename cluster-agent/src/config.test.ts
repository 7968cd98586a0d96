import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, parseConfig } from './config.ts';

const mistakes = (text: string): readonly string[] => {
  try {
    parseConfig(text, 'agent.yaml');
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.mistakes;
  }
  return [];
};

test('defaults fill what is not said, durations become milliseconds', () => {
  const config = parseConfig(
    'interval: 5s\ntargets:\n  - {type: redis, address: "127.0.0.1:6379"}\n',
    'agent.yaml',
  );
  assert.equal(config.interval, 5000);
  assert.equal(config.listen, '127.0.0.1:10301');
  assert.equal(config.targets.length, 1);
});

test('an empty file is a valid configuration', () => assert.deepEqual(mistakes(''), []));

test('every mistake is named with its line, one line each', () => {
  const found = mistakes(
    'interval: soon\ntargets:\n  - type: oracle\n    address: a:1\nwatch:\n  clickhouseUrl: ftp://x\n  prometheusUrl: http://p:9090\nextra: 1\n',
  );
  assert.equal(found.length, 4);
  assert.match(found.find((line) => line.includes('interval')) ?? '', /^agent\.yaml:1: interval: a duration/);
  assert.match(
    found.find((line) => line.includes('targets.0.type')) ?? '',
    /^agent\.yaml:3: .*postgres.*redis/,
  );
  assert.match(found.find((line) => line.includes('clickhouseUrl')) ?? '', /^agent\.yaml:6:/);
  assert.ok(found.some((line) => line.includes('extra')));
});

test('a password in a URL is refused without repeating it', () => {
  const found = mistakes('remoteWriteUrl: http://user:hunter2@host/api\n');
  assert.equal(found.length, 1);
  assert.ok(!found[0]?.includes('hunter2'));
});

test('broken YAML gives its line', () =>
  assert.match(mistakes('a: [1\nb: 2\n')[0] ?? '', /^agent\.yaml:\d+: /));
