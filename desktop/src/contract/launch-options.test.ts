import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLaunchArguments, type LaunchFiles } from './launch-options.ts';

const SPEC = { kind: 'direct', clickhouseUrl: 'http://c:1', prometheusUrl: 'http://p:1' };
const files: LaunchFiles = {
  resolve: (path) => (path.startsWith('/') ? path : `/here/${path}`),
  read: (path) => {
    if (path !== '/here/shop.json') throw new Error(`no such file: ${path}`);
    return JSON.stringify({ ...SPEC, name: 'shop' });
  },
};
const parse = (...argv: string[]) => parseLaunchArguments(argv, files);

test('a connection comes as JSON or as a file, with its name when it has one', () => {
  assert.deepStrictEqual(parse('--connection', JSON.stringify(SPEC)).connection, { name: 'p:1', spec: SPEC });
  assert.equal(parse('--connection=shop.json').connection?.name, 'shop');
});

test('a snapshot comes by flag or as a bare path, other words and switches are left alone', () => {
  for (const argv of [
    ['--snapshot', 'x.gumshoe'],
    ['/app', '--no-sandbox', 'x.gumshoe'],
  ])
    assert.deepStrictEqual(parse(...argv).connection, {
      name: 'x.gumshoe',
      spec: { kind: 'snapshot', path: '/here/x.gumshoe' },
    });
});

test('view and folder', () => {
  const { view, userData } = parse('--view', 'application:_:SystemdUnit:api', '--user-data', 'ud');
  assert.equal(view, 'application:_:SystemdUnit:api');
  assert.equal(userData, '/here/ud');
});

test('mistakes are lines, not crashes', () => {
  assert.deepStrictEqual(parse('--view').problems, ['--view needs a value']);
  assert.match(parse('--connection', 'missing.json').problems[0] ?? '', /no such file/);
  assert.match(parse('--connection', '{"kind":"grpc"}').problems[0] ?? '', /address is missing/);
});
