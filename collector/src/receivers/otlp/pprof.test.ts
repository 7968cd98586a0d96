import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import protobuf from 'protobufjs/minimal.js';
import { profileRows } from './pprof.ts';

type Fill = (writer: protobuf.Writer) => unknown;

/** A field of profile.proto that is a message. */
function part(writer: protobuf.Writer, field: number, fill: Fill): void {
  writer.uint32((field << 3) | 2).fork();
  fill(writer);
  writer.ldelim();
}

const number = (writer: protobuf.Writer, field: number, value: number): protobuf.Writer =>
  writer.uint32(field << 3).int64(value);

/** As Go's runtime/pprof writes it: lists of up to two numbers come one by one, longer ones packed. */
function goProfile(timeNanos: number): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const [type, unit] of [
    [1, 2],
    [3, 4],
  ] as const)
    part(writer, 1, (one) => number(number(one, 1, type), 2, unit));
  part(writer, 2, (one) => {
    for (const location of [1, 2]) number(one, 1, location);
    for (const value of [3, 30_000_000]) number(one, 2, value);
  });
  part(writer, 2, (one) => {
    part(one, 1, (list) => {
      for (const location of [1, 2, 2]) list.int64(location);
    });
    for (const value of [1, 10_000_000]) number(one, 2, value);
  });
  for (const id of [1, 2]) {
    part(writer, 4, (one) => {
      number(one, 1, id);
      part(one, 4, (line) => number(line, 1, id));
    });
    part(writer, 5, (one) => number(number(one, 1, id), 2, 4 + id));
  }
  for (const text of ['', 'samples', 'count', 'cpu', 'nanoseconds', 'main.spin', 'main.main'])
    writer.uint32((6 << 3) | 2).string(text);
  number(writer, 9, timeNanos);
  return writer.finish();
}

const ORIGIN = { serviceName: 'api', labels: {}, now: 5_000_000_000n };

test("a profile as Go's own runtime writes it: each value with its type, each stack whole", () => {
  const { stacks, samples } = profileRows(gzipSync(goProfile(1_790_000_000_000_000_000)), ORIGIN);
  assert.deepEqual(
    stacks.map(({ Stack }) => Stack),
    [
      ['main.spin', 'main.main'],
      ['main.spin', 'main.main', 'main.main'],
    ],
  );
  assert.deepEqual(
    samples.map(({ Type, Value }) => [Type, Value]),
    [
      ['samples:count', 3],
      ['cpu:nanoseconds', 30_000_000],
      ['samples:count', 1],
      ['cpu:nanoseconds', 10_000_000],
    ],
  );
  assert.equal(samples[0]?.Start, '1790000000.000000000');
});

test('a time that no profile can have is now; what is no profile is refused', () => {
  assert.equal(profileRows(goProfile(-7), ORIGIN).samples[0]?.Start, '5.000000000');
  for (const bytes of [Buffer.from('garbage'), Buffer.alloc(0), Buffer.from([0x1f, 0x8b, 0])])
    assert.throws(() => profileRows(bytes, ORIGIN), Error);
});
