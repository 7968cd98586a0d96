import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { JsonDocument, type Flaw, type Piece } from './json-document.ts';

/** In chunks of a length. */
function taken(text: string, length: number, document = new JsonDocument()): (Piece | Flaw)[] {
  const bytes = Buffer.from(text);
  const out: (Piece | Flaw)[] = [];
  for (let at = 0; at < bytes.length; at += length)
    out.push(...document.push(bytes.subarray(at, at + length)));
  return [...out, ...document.end()];
}

const valuesOf = (pieces: readonly (Piece | Flaw)[]): unknown[] =>
  pieces.map((piece) => ('reason' in piece ? piece : [piece.key, JSON.parse(piece.text) as unknown]));

const withoutMinusZero = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('whatever the values and the chunks, elements of lists come one by one and other values whole', () => {
  const json = fc.jsonValue({ maxDepth: 4 }).map(withoutMinusZero);
  fc.assert(
    fc.property(
      json,
      fc.array(json),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(2),
      (value, list, length, space) => {
        const whole = Array.isArray(value) ? value.map((one) => ['', one]) : [[undefined, value]];
        assert.deepEqual(valuesOf(taken(JSON.stringify(value, null, space), length)), whole);
        const document = { total: list, data: list, errors: null, resourceLogs: [value] };
        assert.deepEqual(valuesOf(taken(JSON.stringify(document, null, space), length)), [
          ...list.map((one) => ['data', one]),
          ['resourceLogs', value],
        ]);
      },
    ),
    { numRuns: 300 },
  );
});

describe('what is broken costs itself', () => {
  const lines = '{"data": [\n{"a": 1},\n{"a": 01},\n{"a": "x\\"]}"}\n]}\n{"event": "x"}\n';
  test('values after one another, with the lines they begin in', () => {
    assert.deepEqual(
      taken(lines, 7).map((piece) => [piece.line, 'text' in piece ? piece.text.trim() : piece.reason]),
      [
        [2, '{"a": 1}'],
        [3, '{"a": 01}'],
        [4, '{"a": "x\\"]}"}'],
        [6, '{"event": "x"}'],
      ],
    );
  });
  test('a document that was cut keeps what was complete', () => {
    assert.deepEqual(taken('[{"a":1},\n{"b":', 3), [
      { key: '', text: '{"a":1}', line: 1 },
      { reason: 'the document ends in the middle', line: 2 },
    ]);
  });
  test('a broken line of requests ends with the line', () => {
    const text =
      '{"resourceLogs":[1]}\n{"resourceLogs":[{"x":"\n{"resourceLogs":[2]}\n{"resourceLogs":[{]\n[3]';
    assert.deepEqual(
      taken(text, 9, new JsonDocument(true)).map((one) =>
        'text' in one ? one.text : [one.reason, one.line],
      ),
      ['1', ['no JSON', 2], '2', ['no JSON', 4], '3'],
    );
  });
  test('an element that nobody can hold is left out, those around it are not', () => {
    const text = JSON.stringify({ data: [1, 'x'.repeat(3_000_000), 2] });
    const pieces = taken(text, 10_000, new JsonDocument(false, 2 ** 19, 2 ** 20));
    assert.deepEqual(valuesOf(pieces), [
      ['data', 1],
      { reason: 'an element of over 1 MiB', line: 1 },
      ['data', 2],
    ]);
  });
});

test('a large element of OTLP comes in pieces that each say whose records they are', () => {
  const scope = (name: string, from: number) => ({
    scope: { name },
    logRecords: Array.from({ length: 50 }, (_, i) => ({
      timeUnixNano: String(from + i),
      body: { list: [1, [2]] },
    })),
    schemaUrl: 'u',
  });
  const group = (name: string, from: number) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: name } }] },
    scopeLogs: [scope('a', from), scope('b', from + 50)],
    schemaUrl: 'v',
  });
  type Group = ReturnType<typeof group>;
  const groups = [group('web', 0), group('cart', 100)];
  const pieces = taken(JSON.stringify({ resourceLogs: groups }), 100, new JsonDocument(false, 700));
  assert.ok(pieces.length > 10);
  const records = pieces.flatMap((piece) => {
    assert.ok('text' in piece && piece.text.length < 1_500);
    const { resource, scopeLogs } = JSON.parse(piece.text) as Group;
    return scopeLogs.flatMap(({ scope: own, logRecords }) =>
      logRecords.map((one) => [resource, own, one] as const),
    );
  });
  const expected = groups.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ scope: own, logRecords }) => logRecords.map((one) => [resource, own, one] as const)),
  );
  assert.deepEqual(records, expected);
});
