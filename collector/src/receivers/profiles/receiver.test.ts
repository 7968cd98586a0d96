import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_COUNTS } from './kernel.ts';
import type { KernelSample, ProfileKernel } from './kernel.ts';
import { cpuKind } from './kinds.ts';
import { ProfileReceiver } from './receiver.ts';
import type { ProfileReceiverOptions, ProfileRows } from './receiver.ts';
import { stackHash } from './stack-hash.ts';

const NONE = new Float64Array(0);

function sampleOf(tgid: number, value: number, user: readonly number[] = [8]): KernelSample {
  return { tgid, cgroupId: 1n, value, detail: 0, user: Float64Array.from(user), kernel: NONE, python: [] };
}

function receiverOf(
  options: Partial<ProfileReceiverOptions>,
  ...drains: readonly (readonly KernelSample[])[]
) {
  const left = [...drains];
  const rows: ProfileRows[] = [];
  let now = 1_700_000_000_000_000_000n;
  let isClosed = false;
  const kernel: ProfileKernel = {
    programs: [],
    drain: async () => left.shift() ?? [],
    setPython: () => assert.fail('no process here runs Python'),
    counters: () => ({ ...NO_COUNTS, samples: 5, samplesLost: 1, stacksLost: 2 }),
    close: () => (isClosed = true),
  };
  const receiver = new ProfileReceiver({
    sources: [{ kernel, kind: cpuKind(100) }],
    ownerOf: (tgid) =>
      tgid === 666
        ? undefined
        : { serviceName: `service-${tgid % 2}`, resource: { 'container.id': '/shop' } },
    onRows: (built) => rows.push(built),
    now: () => (now += 1_000_000_000n),
    proc: '/nowhere',
    ...options,
  });
  return { receiver, rows, isClosed: () => isClosed };
}

test('equal frames of a process are one sample, in nanoseconds of CPU', async () => {
  const { receiver, rows } = receiverOf({}, [sampleOf(1, 3), sampleOf(1, 4, [16]), sampleOf(3, 1)]);
  await receiver.collect();
  const Hash = stackHash(['[unknown]']);
  const sample = {
    ServiceName: 'service-1',
    Type: 'ebpf:cpu:nanoseconds',
    Start: '1700000001.000000000',
    End: '1700000002.000000000',
    StackHash: Hash,
  };
  assert.deepEqual(rows, [
    {
      stacks: [{ ServiceName: 'service-1', Hash, LastSeen: '1700000002.000000000', Stack: ['[unknown]'] }],
      samples: [
        { ...sample, Labels: { 'container.id': '/shop', 'process.pid': '1' }, Value: 70_000_000 },
        { ...sample, Labels: { 'container.id': '/shop', 'process.pid': '3' }, Value: 10_000_000 },
      ],
    },
  ]);
});

test('stacks are kept per service', async () => {
  const { receiver, rows } = receiverOf({}, [sampleOf(1, 1), sampleOf(2, 1)]);
  await receiver.collect();
  assert.deepEqual(
    rows[0]?.stacks.map((stack) => stack.ServiceName),
    ['service-1', 'service-0'],
  );
});

test('samples without an owner are counted and nothing else', async () => {
  const { receiver, rows } = receiverOf({}, [sampleOf(666, 9)]);
  await receiver.collect();
  assert.deepEqual(rows, []);
  assert.deepEqual(receiver.totals, {
    counters: { 'ebpf:cpu:nanoseconds': { ...NO_COUNTS, samples: 5, samplesLost: 1, stacksLost: 2 } },
    ownerless: 1,
  });
});

test('intervals follow each other without a gap', async () => {
  const { receiver, rows } = receiverOf({}, [sampleOf(1, 1)], [], [sampleOf(1, 1)]);
  for (let i = 0; i < 3; i++) await receiver.collect();
  assert.deepEqual(
    rows.map(({ samples }) => [samples[0]?.Start, samples[0]?.End]),
    [
      ['1700000001.000000000', '1700000002.000000000'],
      ['1700000003.000000000', '1700000004.000000000'],
    ],
  );
});

test('a stack is handed over once a minute, not with each interval', async () => {
  const drains = Array.from({ length: 62 }, () => [sampleOf(1, 1)]);
  const { receiver, rows } = receiverOf({}, ...drains);
  for (let i = 0; i < drains.length; i++) await receiver.collect();
  assert.equal(rows.length, drains.length);
  const handedOver = rows.flatMap(({ stacks }, i) => (stacks.length > 0 ? [i] : []));
  assert.deepEqual(handedOver, [0, 60]);
});

test('stopping hands over what is left', async () => {
  const { receiver, rows, isClosed } = receiverOf({}, [sampleOf(1, 1)]);
  await receiver.stop();
  assert.equal(rows.length, 1);
  assert.equal(isClosed(), true);
});

test('while memory is short samples are counted, not named, and not made up for later', async () => {
  let isShedding = true;
  let shed = 0;
  const { receiver, rows } = receiverOf(
    { isShedding: () => isShedding, onShed: (samples) => (shed += samples) },
    [sampleOf(1, 1), sampleOf(1, 2)],
    [sampleOf(1, 4)],
  );
  await receiver.collect();
  assert.deepEqual([rows.length, shed], [0, 2]);
  isShedding = false;
  await receiver.collect();
  assert.deepEqual(
    rows[0]?.samples.map(({ Start, Value }) => [Start, Value]),
    [['1700000002.000000000', 40_000_000]],
  );
});
