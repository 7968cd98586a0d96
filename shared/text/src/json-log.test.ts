import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { idsInText, parseJsonLog } from './json-log.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('message, level, ids and the other fields of common loggers', () => {
  const pino = parseJsonLog(
    `{"level":50,"time":1790000000000,"pid":7,"msg":"no stock","trace_id":"${TRACE}","err":{"type":"Error","stack":"a\\nb"}}`,
  );
  assert.deepEqual(pino, {
    message: 'no stock',
    level: 'error',
    attributes: { pid: '7', trace_id: TRACE, 'err.type': 'Error', 'err.stack': 'a\nb' },
    traceId: TRACE,
    spanId: '',
  });
  const logback = parseJsonLog(
    `{"@timestamp":"x","level":"WARN","message":"slow","dd":{"span_id":"${SPAN}","parent_span_id":"1111111111111111"}}`,
  );
  assert.deepEqual([logback?.level, logback?.spanId], ['warning', SPAN]);
  assert.equal(parseJsonLog('{"@mt":"Hello {Name}","@l":"Fatal"}')?.level, 'critical');
  assert.equal(parseJsonLog('{"severity":"DEFAULT","message":"x"}')?.level, undefined);
});

test('names count in any case; the first level that is one counts; a message is text, and whole', () => {
  const dotnet = parseJsonLog(
    '{"Timestamp":"x","EventId":0,"LogLevel":"Information","Message":"served\\n","State":{"Message":"served"}}',
  );
  assert.deepEqual(
    [dotnet?.message, dotnet?.level, dotnet?.attributes],
    ['served', 'info', { EventId: '0', 'State.Message': 'served' }],
  );
  const several = parseJsonLog('{"severity":"error","level":"warn","message":"b","msg":42}');
  assert.deepEqual(
    [several?.message, several?.level, several?.attributes],
    ['b', 'warning', { severity: 'error', msg: '42' }],
  );
  const odd = parseJsonLog('{"msg":"a","level":"weird","severity":"error"}');
  assert.deepEqual([odd?.level, odd?.attributes], ['error', { level: 'weird' }]);
  const mongo = parseJsonLog('{"t":{"$date":"2026-11-21T10:15:22.123+00:00"},"msg":"accepted","s":"I"}');
  assert.deepEqual(mongo?.attributes, { s: 'I' });
  assert.equal(parseJsonLog(JSON.stringify({ msg: 'x'.repeat(10_000) }))?.message.length, 10_000);
});

test('what is no object, says no message or is cut is no structured line', () => {
  for (const line of ['', '[]', '{"a":1}', '{"msg":"x"', '{msg}', 'text {"msg":"x"}', '{"msg":""}'])
    assert.equal(parseJsonLog(line), undefined, line);
});

test('ids in text', () => {
  assert.deepEqual(idsInText(`INFO [trace_id=${TRACE} span_id=${SPAN}] served`), {
    traceId: TRACE,
    spanId: SPAN,
  });
  assert.deepEqual(idsInText(`traceId: "${SPAN}"`), { traceId: SPAN.padStart(32, '0'), spanId: '' });
  assert.deepEqual(idsInText('trace_id=00000000000000000000000000000000 stack trace id 12'), {
    traceId: '',
    spanId: '',
  });
});

test('bounded, and never an exception', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 12 }), fc.string(), (json, text) => {
      for (const line of [json, `{"msg":"x","v":${json}}`, text]) {
        const parsed = parseJsonLog(line);
        assert.ok(!parsed || Object.keys(parsed.attributes).length <= 100);
        idsInText(line);
      }
    }),
  );
});
