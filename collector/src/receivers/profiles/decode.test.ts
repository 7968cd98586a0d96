import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layout } from '../ebpf/layout.generated.ts';
import { decodeSamples } from './decode.ts';
import type { PackedEntries } from './decode.ts';
import { parseCpuList } from './native.ts';

const KEY = layout.gs_profile_key;
const STACK = layout.gs_profile_stack;

function stacks(entries: Readonly<Record<string, readonly bigint[]>>): PackedEntries {
  const hashes = Object.keys(entries).map(BigInt);
  const values = new DataView(new ArrayBuffer(hashes.length * STACK.size));
  Object.values(entries).forEach((frames, i) => {
    values.setBigUint64(i * STACK.size + STACK.fields.length.offset, BigInt(frames.length), true);
    frames.forEach((frame, j) =>
      values.setBigUint64(i * STACK.size + STACK.fields.frames.offset + j * 8, frame, true),
    );
  });
  return { count: hashes.length, keys: BigUint64Array.from(hashes).buffer, values: values.buffer };
}

test('joins samples with their stacks; a lost stack is empty', () => {
  const key = new DataView(new ArrayBuffer(KEY.size));
  key.setUint32(KEY.fields.tgid.offset, 4242, true);
  key.setBigUint64(KEY.fields.cgroup_id.offset, 77n, true);
  key.setBigUint64(KEY.fields.user_stack.offset, 5n, true);
  key.setBigUint64(KEY.fields.kernel_stack.offset, 999n, true);
  key.setBigUint64(KEY.fields.python_stack.offset, 9n, true);
  const samples = { count: 1, keys: key.buffer, values: BigUint64Array.of(12n).buffer };
  const [sample, ...rest] = decodeSamples(
    samples,
    stacks({ '5': [0x7fff_1234_5678n, 0xffff_ffff_8100_0010n], '9': [0x1001n, 0x2000n] }),
  );
  assert.deepEqual(rest, []);
  assert.ok(sample);
  const { tgid, cgroupId, value, detail, user, kernel, python } = sample;
  assert.deepEqual(sample.user, user, 'a stack may be asked for more than once');
  assert.deepEqual(
    { tgid, cgroupId, value, detail, user, kernel, python },
    {
      tgid: 4242,
      cgroupId: 77n,
      value: 12,
      detail: 0,
      user: Float64Array.of(0x7fff_1234_5678, 0xffff_8100_0010),
      kernel: new Float64Array(0),
      python: [
        { code: 0x1000, isEntry: true },
        { code: 0x2000, isEntry: false },
      ],
    },
  );
});

test('lists of CPUs', () => {
  assert.deepEqual(parseCpuList('0\n'), [0]);
  assert.deepEqual(parseCpuList('0-2,5,8-9\n'), [0, 1, 2, 5, 8, 9]);
});
