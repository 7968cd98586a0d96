import assert from 'node:assert/strict';
import { DESCRIPTION_LIMIT } from '../define.ts';
import type { ProtocolDefinition, RequestDescription } from '../define.ts';
import { parseDns } from '../dns/message.ts';
import { describeHttp2 } from '../http2/describe.ts';
import { Http2Connection } from '../http2/connection.ts';
import type { Http2Request } from '../http2/connection.ts';
import { FIELD, Fields } from '../http2/fields.ts';
import { HpackDecoder } from '../http2/hpack.ts';
import { PROTOCOL_DEFINITIONS } from '../index.ts';
import { PreparedStatements } from '../prepared-statements.ts';
import { contextOfHttp1 } from '../trace-context.ts';
import { SAMPLES } from '../testdata/samples.ts';
import { DNS_SEEDS, HPACK_SEEDS, HTTP1_SEEDS, HTTP2_SEEDS } from './seeds.ts';

/** One parser. `run` throws when it does, or when its answer is not within bounds; what it returns is compared. */
export interface FuzzTarget {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  run(input: Uint8Array): unknown;
}

/** Status, length of the request in two bytes, request, response. */
function inputOf(request: Uint8Array, response: Uint8Array, status: number): Uint8Array {
  return Uint8Array.from([
    status & 0xff,
    request.length >> 8,
    request.length & 0xff,
    ...request,
    ...response,
  ]);
}

function checkBounds({ spanName, statusMessage, attributes, failed }: RequestDescription): void {
  assert.ok(spanName.length > 0 && spanName.length <= 256, `span name of ${spanName.length} characters`);
  assert.ok(statusMessage.length <= DESCRIPTION_LIMIT, 'long status message');
  assert.equal(statusMessage === '', !failed, 'status message without a failure, or the reverse');
  for (const [key, value] of Object.entries(attributes))
    assert.ok(typeof value === 'string' && value.length <= DESCRIPTION_LIMIT, `attribute ${key}`);
}

function protocolTarget(protocol: ProtocolDefinition): FuzzTarget {
  return {
    name: protocol.id,
    seeds: SAMPLES[protocol.id].map(({ request, response, status }) => inputOf(request, response, status)),
    run: (input) => {
      const length = ((input[1] ?? 0) << 8) | (input[2] ?? 0);
      const status = input[0] ?? 0;
      const request = {
        payload: input.subarray(3, 3 + length),
        response: input.subarray(3 + length),
        status: protocol.id === 'http' ? status * 3 : status,
        direction: status & 1 ? ('inbound' as const) : ('outbound' as const),
        connection: () => 'a:1-b:2',
      };
      const description = protocol.describe(request, new PreparedStatements());
      checkBounds(description);
      return description;
    },
  };
}

/** A row of chunks: flags (client, lost), length, bytes. */
function runHttp2(input: Uint8Array): unknown {
  const found: unknown[] = [];
  const tell = (request: Http2Request): void => {
    const description = describeHttp2(request, 'outbound');
    checkBounds(description);
    const { streamId, status, grpcStatus, identity, traceContext, started, answered, ended, outcome } =
      request;
    const where = identity && [identity.wireId, identity.traceId, identity.spanId, identity.parentSpanId];
    found.push([description, streamId, status, grpcStatus, where, traceContext, started, answered, ended]);
    found.push([outcome, request.duplex, request.eventStream]);
  };
  const connection = new Http2Connection(tell);
  for (let at = 0, time = 1; at + 2 <= input.length; time++) {
    const [flags, length] = [input[at]!, input[at + 1]!];
    const end = Math.min(at + 2 + length, input.length);
    const lost = (flags & 0xe) === 0xe;
    connection.feed({ fromClient: (flags & 1) !== 0, bytes: input, at: at + 2, end, time, lost });
    at += 2 + length;
  }
  assert.ok(connection.open <= 1000, `${connection.open} open streams`);
  connection.close(2 ** 40);
  return found;
}

function runHpack(input: Uint8Array): unknown {
  const decoder = new HpackDecoder();
  const half = input.length >> 1;
  const fields = new Fields();
  decoder.decode(input, 0, half, fields);
  decoder.decode(input, half, input.length, fields);
  const texts = Object.values(FIELD).map((field) => fields.get(field)?.text);
  for (const text of texts) assert.ok((text?.length ?? 0) <= 2048, 'long value');
  return texts;
}

function runDns(input: Uint8Array): unknown {
  const answers = [parseDns(input), parseDns(input, true)];
  for (const answer of answers) {
    assert.ok((answer?.name.length ?? 0) <= 255, 'long name');
    assert.ok((answer?.addresses.length ?? 0) <= 32, 'many addresses');
  }
  return answers;
}

function runContext(input: Uint8Array): unknown {
  const context = contextOfHttp1(input);
  if (context) assert.match(`${context.traceId}-${context.spanId}`, /^[0-9a-f]{32}-[0-9a-f]{16}$/);
  return context;
}

/** Every protocol of the index, and the parsers that stand beside it. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  ...PROTOCOL_DEFINITIONS.map(protocolTarget),
  { name: 'http2', seeds: HTTP2_SEEDS, run: runHttp2 },
  { name: 'hpack', seeds: HPACK_SEEDS, run: runHpack },
  { name: 'dns', seeds: DNS_SEEDS, run: runDns },
  { name: 'trace-context', seeds: HTTP1_SEEDS, run: runContext },
];
