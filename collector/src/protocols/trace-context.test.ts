import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { contextOfHttp1, parseB3, parseTraceparent } from './trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const bytes = (text: string): Uint8Array => Buffer.from(text);

test('traceparent as the specification has it, and nothing else', () => {
  assert.deepEqual(parseTraceparent(`00-${TRACE}-${SPAN}-01`), {
    traceId: TRACE,
    spanId: SPAN,
    sampled: true,
  });
  assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-02`)?.sampled, false);
  assert.equal(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-brings`)?.spanId, SPAN);
  for (const bad of [
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}`,
    '',
  ])
    assert.equal(parseTraceparent(bad), undefined, bad);
});

test('B3, single and by header; short trace ids are widened', () => {
  assert.deepEqual(parseB3(`${TRACE}-${SPAN}-d-05e3ac9a4f6e3b90`), {
    traceId: TRACE,
    spanId: SPAN,
    sampled: true,
  });
  assert.equal(parseB3(`${SPAN}-${SPAN}-0`)?.traceId, `${'0'.repeat(16)}${SPAN}`);
  assert.equal(parseB3('0'), undefined);
  const multi = contextOfHttp1(
    bytes(`GET / HTTP/1.1\r\nX-B3-TraceId: ${TRACE}\r\nX-B3-SpanId: ${SPAN}\r\nX-B3-Sampled: 0\r\n\r\n`),
  );
  assert.deepEqual(multi, { traceId: TRACE, spanId: SPAN, sampled: false });
});

test('of an HTTP/1 head: any case, W3C first, cut values and bodies are not looked at', () => {
  const head = `POST /a HTTP/1.1\r\nHost: x\r\nTraceParent:  00-${TRACE}-${SPAN}-01 \r\nb3: 0\r\n\r\n`;
  assert.equal(contextOfHttp1(bytes(head))?.traceId, TRACE);
  assert.equal(contextOfHttp1(bytes(`GET / HTTP/1.1\r\ntraceparent: 00-${TRACE}-${SPAN}-0`)), undefined);
  assert.equal(
    contextOfHttp1(bytes(`GET / HTTP/1.1\r\n\r\ntraceparent: 00-${TRACE}-${SPAN}-01\r\n`)),
    undefined,
  );
});

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(160), (noise, cut) => {
      contextOfHttp1(noise);
      const head = bytes(`GET / HTTP/1.1\r\ntraceparent: 00-${TRACE}-${SPAN}-01\r\nx: y\r\n\r\n`);
      const found = contextOfHttp1(head.subarray(0, cut));
      assert.ok(found === undefined || found.spanId === SPAN);
    }),
  );
});
