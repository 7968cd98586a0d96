import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CADVISOR_METRICS } from '@gumshoe/schema/metrics/cadvisor';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import type { Investigation } from './report.ts';
import { during, investigatePair, PAIR_FAULT, PAIR_RANGE, type PairOptions } from './testdata/pair.ts';

const MINUTE = 60_000;
const failing: Pick<PairOptions, 'errors'> = { errors: during(0, 0.3) };
const ceased = ({ causes }: Investigation) => causes.filter(({ kind }) => kind === 'stopped');

test('a log message that falls silent is evidence', () => {
  const report = investigatePair({
    ...failing,
    more: (w, labels) =>
      w.counter(
        C.logMessages.name,
        { ...labels, source: 'stdout', level: 'info', pattern_hash: 'a1', sample: 'order stored' },
        during(20, 0),
      ),
  });
  assert.ok(ceased(report).some(({ title }) => title === 'shop no longer logs "order stored"'));
});

test('traffic without recognised requests that ceases is evidence', () => {
  const report = investigatePair({
    ...failing,
    more: (w, labels) => {
      const to = { ...labels, destination: '10.9.9.9:9092', actual_destination: '10.9.9.9:9092' };
      w.counter(C.tcpConnects.name, to, () => 0.1);
      w.gauge(C.tcpActive.name, to, () => 2);
      w.counter(C.tcpBytesSent.name, to, during(5000, 0));
    },
  });
  const [found] = ceased(report);
  assert.equal(found?.title, 'shop no longer calls 10.9.9.9:9092');
  assert.ok(found.evidence[0]!.summary.startsWith('Bytes of shop'));
});

test('a job that misses its time is evidence, one that is not yet due is none', () => {
  const job = (last: number): PairOptions => ({
    ...failing,
    more: (w) => {
      for (let at = PAIR_RANGE.from + 2 * MINUTE; at <= last; at += 5 * MINUTE) {
        const id = `/k8s-cronjob/shop/refill/${at}`;
        const labels = { machine_id: 'machine-1', system_uuid: 'uuid', container_id: id, app_id: '' };
        const run = { from: at, to: at + MINUTE };
        w.gauge(C.info.name, { ...labels, image: 'job:1' }, () => 1, run);
        w.counter(C.cpuUsage.name, labels, () => 0.2, run);
        const to = { ...labels, destination: '10.9.0.1:8080', actual_destination: '10.9.0.1:8080' };
        w.counter(C.tcpConnects.name, to, () => 0.1, run);
      }
    },
  });
  const missed = ceased(investigatePair(job(PAIR_FAULT - 6 * MINUTE)));
  assert.ok(missed.some(({ title }) => /The job .* no longer runs/.test(title)));
  const regular = ceased(investigatePair(job(PAIR_RANGE.to)));
  assert.ok(regular.every(({ title }) => !title.startsWith('The job')));
});

test('a series that goes stale while its container lives is evidence', () => {
  const report = investigatePair({
    ...failing,
    more: (w, labels) =>
      w.gauge(CADVISOR_METRICS.threads.name, labels, () => 12, { to: PAIR_FAULT - MINUTE }),
  });
  const [found] = ceased(report);
  assert.equal(found?.title, `shop no longer reports ${CADVISOR_METRICS.threads.name}`);
});

test('what goes on is no evidence', () => {
  assert.deepEqual(ceased(investigatePair(failing)), []);
});
