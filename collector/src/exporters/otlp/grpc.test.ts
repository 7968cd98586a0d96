import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Metadata, Server, ServerCredentials, status, type handleUnaryCall } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';
import { GrpcTransport } from './grpc.ts';

const same = (bytes: Buffer): Buffer => bytes;

/** host:port of a server of log records that answers so; ends with the test. */
async function serve(t: TestContext, answer: handleUnaryCall<Buffer, Buffer>): Promise<string> {
  const server = new Server();
  const method = {
    path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService({ Export: method }, { Export: answer });
  t.after(() => server.forceShutdown());
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(`127.0.0.1:${port}`),
    ),
  );
}

/** google.rpc.Status with a RetryInfo, as its trailer carries it. */
function retryIn(seconds: number): Metadata {
  const info = protobuf.Writer.create().uint32(10).fork().uint32(8).int64(seconds).ldelim().finish();
  const bytes = protobuf.Writer.create()
    .uint32(8)
    .int32(status.RESOURCE_EXHAUSTED)
    .uint32(26)
    .fork()
    .uint32(10)
    .string('type.googleapis.com/google.rpc.RetryInfo')
    .uint32(18)
    .bytes(info)
    .ldelim()
    .finish();
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(bytes));
  return metadata;
}

test('RESOURCE_EXHAUSTED is tried again after the time that RetryInfo says; a refusal is not', async (t) => {
  const answers = [
    { code: status.RESOURCE_EXHAUSTED, details: 'full', metadata: retryIn(7) },
    { code: status.RESOURCE_EXHAUSTED, details: 'full', metadata: retryIn(86_400) },
    { code: status.UNAVAILABLE, details: 'away' },
    { code: status.INVALID_ARGUMENT, details: 'what?' },
  ];
  const keys: unknown[] = [];
  const address = await serve(t, (call, done) => {
    keys.push(...call.metadata.get('x-api-key'));
    const next = answers.shift();
    if (next) done(next);
    else done(null, Buffer.alloc(0));
  });
  const transport = new GrpcTransport({ address, key: 'sesame', caFile: undefined, insecure: true });
  t.after(() => transport.close());
  const got = [];
  for (let i = 0; i < 5; i++) got.push(await transport.send('/v1/logs', '{"resourceLogs":[]}'));
  assert.deepEqual(got, [
    { outcome: 'retry', reason: 'RESOURCE_EXHAUSTED: full', after: 7 },
    { outcome: 'retry', reason: 'RESOURCE_EXHAUSTED: full', after: 300 },
    { outcome: 'retry', reason: 'UNAVAILABLE: away', after: undefined },
    { outcome: 'refused', reason: 'INVALID_ARGUMENT: what?' },
    { outcome: 'sent', rejected: 0, reason: '' },
  ]);
  assert.deepEqual(keys, Array(5).fill('sesame'));
});
