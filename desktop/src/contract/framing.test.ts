import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CHANNEL, FrameSplitter, MAX_FRAME_BYTES, writeFrame } from './framing.ts';

test('frames come back whole however the stream is cut', () => {
  const frames = fc.array(
    fc.record({ channel: fc.constantFrom(CHANNEL.renderer, CHANNEL.shell), payload: fc.uint8Array() }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sent, cuts) => {
      const stream = Buffer.concat(sent.map((frame) => writeFrame(frame.channel, frame.payload)));
      const splitter = new FrameSplitter();
      const received: unknown[] = [];
      for (let at = 0, cut = 0; at < stream.length; cut++) {
        const size = cuts[cut % cuts.length]!;
        for (const { channel, payload } of splitter.push(stream.subarray(at, at + size)))
          received.push({ channel, payload: Uint8Array.from(payload) });
        at += size;
      }
      assert.deepStrictEqual(
        received,
        sent.map(({ channel, payload }) => ({ channel, payload })),
      );
    }),
  );
});

test('a length beyond the limit ends the stream instead of filling memory', () => {
  const bytes = new Uint8Array(5);
  new DataView(bytes.buffer).setUint32(0, MAX_FRAME_BYTES + 1, true);
  assert.throws(() => new FrameSplitter().push(bytes), RangeError);
});
