import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROTOCOLS } from '@gumshoe/schema/metrics/container';
import fc from 'fast-check';
import { DESCRIPTION_LIMIT } from './define.ts';
import type { CapturedRequest, ProtocolDefinition } from './define.ts';
import { PROTOCOL_BY_NUMBER, PROTOCOL_DEFINITIONS } from './index.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { SAMPLES, SECRET } from './testdata/samples.ts';
import type { ProtocolSample } from './testdata/samples.ts';

/** The contract kit: every protocol of the index goes through every test below. */

const DIRECTIONS = ['inbound', 'outbound'] as const;

const captured = (
  payload: Uint8Array,
  response: Uint8Array,
  status: number,
  direction: CapturedRequest['direction'] = 'outbound',
): CapturedRequest => ({ payload, response, status, direction, connection: () => 'a:1-b:2' });

function describeFresh(protocol: ProtocolDefinition, request: CapturedRequest) {
  return protocol.describe(request, new PreparedStatements());
}

function assertBounded(description: ReturnType<ProtocolDefinition['describe']>): void {
  assert.ok(description.spanName.length > 0 && description.spanName.length <= 256, description.spanName);
  assert.ok(description.statusMessage.length <= DESCRIPTION_LIMIT);
  assert.equal(description.statusMessage === '', !description.failed);
  for (const [key, value] of Object.entries(description.attributes)) {
    assert.equal(typeof value, 'string');
    assert.ok(value.length <= DESCRIPTION_LIMIT, `${key} holds ${value.length} characters`);
  }
}

const shown = (description: ReturnType<ProtocolDefinition['describe']>): string =>
  JSON.stringify(description);

function eachSample(check: (protocol: ProtocolDefinition, sample: ProtocolSample) => void): void {
  for (const protocol of PROTOCOL_DEFINITIONS) {
    const samples = SAMPLES[protocol.id];
    assert.ok(samples.length > 0, `${protocol.id} has no samples`);
    for (const sample of samples) check(protocol, sample);
  }
}

test('ids and numbers are unique and every protocol has metrics', () => {
  const ids = PROTOCOL_DEFINITIONS.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(new Set(PROTOCOL_DEFINITIONS.map(({ number }) => number)).size, ids.length);
  assert.deepEqual([...ids].sort(), [...PROTOCOLS].sort());
  for (const definition of PROTOCOL_DEFINITIONS) {
    assert.equal(PROTOCOL_BY_NUMBER[definition.number], definition);
    assert.match(definition.statusLabel(0), /^[a-z0-9]+$/);
  }
});

test('samples are described as written', () => {
  eachSample((protocol, sample) => {
    const request = captured(sample.request, sample.response, sample.status);
    const { spanName, failed, statusMessage } = describeFresh(protocol, request);
    assert.deepEqual({ spanName, failed, statusMessage }, sample.expected, sample.title);
  });
});

test('truncation at each byte: no throw, bounded, no secret', () => {
  eachSample((protocol, sample) => {
    for (let cut = 0; cut <= sample.request.length; cut++) {
      const request = captured(sample.request.subarray(0, cut), sample.response, sample.status);
      const description = describeFresh(protocol, request);
      assertBounded(description);
      assert.ok(
        !shown(description).includes(SECRET.slice(0, 6)),
        `${sample.title} cut at ${cut}: ${shown(description)}`,
      );
    }
    for (let cut = 0; cut <= sample.response.length; cut++) {
      const request = captured(sample.request, sample.response.subarray(0, cut), sample.status);
      const description = describeFresh(protocol, request);
      assertBounded(description);
      assert.ok(!shown(description).includes(SECRET.slice(0, 6)), `${sample.title} response cut at ${cut}`);
    }
  });
});

test('split: the tail of a request alone is bounded and shows no secret', () => {
  eachSample((protocol, sample) => {
    for (let from = 1; from < sample.request.length; from++) {
      const description = describeFresh(
        protocol,
        captured(sample.request.subarray(from), sample.response, 1),
      );
      assertBounded(description);
      assert.ok(!shown(description).includes(SECRET), `${sample.title} from ${from}: ${shown(description)}`);
    }
  });
});

test('pipelining: the first request names the span whatever follows', () => {
  eachSample((protocol, sample) => {
    const twice = new Uint8Array([...sample.request, ...sample.request]);
    const alone = describeFresh(protocol, captured(sample.request, sample.response, sample.status));
    const piped = describeFresh(protocol, captured(twice, sample.response, sample.status));
    assert.equal(piped.spanName, alone.spanName, sample.title);
  });
});

test('garbage and mutated samples: no throw, bounded, the same answer twice', () => {
  for (const protocol of PROTOCOL_DEFINITIONS) {
    const mutated = fc
      .tuple(fc.constantFrom(...SAMPLES[protocol.id]), fc.nat(), fc.nat(255))
      .map(([sample, at, byte]) => {
        const bytes = Uint8Array.from(sample.request);
        bytes[at % bytes.length] = byte;
        return bytes;
      });
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 256 }), mutated);
    fc.assert(
      fc.property(
        bytes,
        fc.uint8Array({ maxLength: 64 }),
        fc.nat(65535),
        fc.constantFrom(...DIRECTIONS),
        (payload, response, status, direction) => {
          const request = captured(payload, response, status, direction);
          const description = describeFresh(protocol, request);
          assertBounded(description);
          assert.deepEqual(describeFresh(protocol, request), description);
        },
      ),
      { numRuns: 300 },
    );
  }
});

test('work is linear: a payload far beyond the kernel limit costs no more than its length', () => {
  // Quadratic scanning of 1 MiB would take minutes; linear scanning takes milliseconds.
  for (const protocol of PROTOCOL_DEFINITIONS) {
    for (const sample of SAMPLES[protocol.id]) {
      const big = new Uint8Array(1 << 20).fill(0x28);
      big.set(sample.request);
      assertBounded(describeFresh(protocol, captured(big, big, 1)));
    }
  }
});
