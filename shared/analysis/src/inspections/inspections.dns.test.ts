import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Course } from '@gumshoe/model/testdata/series-writer';
import { levelChecks } from './testdata/level-case.ts';
import { DNS_CASES } from './testdata/level-cases.ts';
import { APP, AREA_RANGE, changesOf, findingOf, smallWorld } from './testdata/small-world.ts';

for (const { name, complaints } of DNS_CASES.flatMap(levelChecks))
  test(name, () => assert.deepEqual(complaints(), []));

const QUESTION = { ...APP, request_type: 'TypeA', domain: 'db.shop' };
const METRIC = 'container_dns_requests_total';

/** Answers per second for one name. */
const asks = (ok: Course, bad: Course, status: string, domain = 'db.shop') =>
  smallWorld((writer) => {
    if (ok(Infinity) >= 0) writer.counter(METRIC, { ...QUESTION, domain, status: 'ok' }, ok);
    writer.counter(METRIC, { ...QUESTION, domain, status }, bad);
  });
const NEVER: Course = () => -1;

test('server errors of a name are counted while they go on', () => {
  const finding = findingOf(
    'dns-server-errors',
    asks(
      () => 0.5,
      () => 0.1,
      'servfail',
    ),
  );
  assert.equal(finding?.health, 'warning');
  assert.match(finding?.message ?? '', /1\d\d questions for db\.shop \(A\) ended in server errors/);
  const once = (at: number) => (at === AREA_RANGE.from + 900_000 ? 1 / 15 : 0);
  assert.equal(
    findingOf(
      'dns-server-errors',
      asks(() => 0.5, once, 'servfail'),
    )?.health,
    'ok',
  );
  assert.equal(
    findingOf(
      'dns-server-errors',
      asks(
        () => 0.5,
        () => 0.5,
        'nxdomain',
      ),
    )?.health,
    'ok',
  );
});

test('a name that fails at every rare attempt fails all the time, one that failed once does not', () => {
  const rare: Course = (at) => ((at - AREA_RANGE.from) % 120_000 === 0 ? 1 / 15 : 0);
  assert.equal(findingOf('dns-server-errors', asks(NEVER, rare, 'timeout'))?.health, 'warning');
  assert.ok(changesOf('dns-server-errors', asks(NEVER, rare, 'timeout')) <= 1);
  const once: Course = (at) => (at === AREA_RANGE.from + 900_000 ? 1 / 15 : 0);
  assert.equal(findingOf('dns-server-errors', asks(NEVER, once, 'timeout'))?.health, 'ok');
});

test('NXDOMAIN counts for names only that had answers', () => {
  const half = AREA_RANGE.from + 900_000;
  const gone = asks(
    (at) => (at < half ? 1 : 0),
    (at) => (at < half ? 0 : 1),
    'nxdomain',
  );
  const finding = findingOf('dns-nxdomain', gone);
  assert.equal(finding?.health, 'warning');
  assert.match(finding?.message ?? '', /db\.shop \(A\) ended in NXDOMAIN/);
  assert.equal(
    findingOf(
      'dns-nxdomain',
      asks(NEVER, () => 5, 'nxdomain', 'db.shop.svc.local'),
    ),
    undefined,
  );
});

test('without DNS nothing is said, and a few questions prove no latency', () => {
  for (const id of ['dns-server-errors', 'dns-nxdomain', 'dns-latency'])
    assert.equal(findingOf(id, smallWorld()), undefined);
  const slow = smallWorld((writer) =>
    writer.histogram(
      'container_dns_requests_duration_seconds_total',
      APP,
      () => 0.1,
      () => 2,
    ),
  );
  assert.equal(findingOf('dns-latency', slow), undefined);
});
