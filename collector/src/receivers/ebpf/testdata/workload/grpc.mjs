// gRPC without generated code. serve PORT, or: PORT COUNT; prints the codes it saw as JSON.
import { Client, credentials, Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';

const json = { serialize: (value) => Buffer.from(JSON.stringify(value)), deserialize: (bytes) => JSON.parse(bytes) };
const method = (name, responseStream = false, requestStream = false) => ({
  path: `/shop.Orders/${name}`,
  requestStream,
  responseStream,
  requestSerialize: json.serialize,
  requestDeserialize: json.deserialize,
  responseSerialize: json.serialize,
  responseDeserialize: json.deserialize,
});
const SERVICE = { get: method('Get'), watch: method('Watch', true), talk: method('Talk', true, true) };

function serve(port) {
  const server = new Server();
  server.addService(SERVICE, {
    get: (call, reply) =>
      call.request.id % 4 === 0
        ? reply({ code: status.NOT_FOUND, details: 'no such order' })
        : reply(null, { id: call.request.id, text: 'x'.repeat(call.request.id * 100) }),
    watch: (call) => {
      for (let i = 0; i < 5; i++) call.write({ i });
      call.end();
    },
    talk: (call) => {
      call.on('data', (message) => call.write(message));
      call.on('end', () => call.end());
    },
  });
  server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), () => console.log('ready'));
}

function get(client, id, metadata) {
  return new Promise((resolve) => {
    const { path, requestSerialize, responseDeserialize } = SERVICE.get;
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { id }, metadata, (error) =>
      resolve(error ? error.code : 0),
    );
  });
}

function watch(client) {
  return new Promise((resolve) => {
    const { path, requestSerialize, responseDeserialize } = SERVICE.watch;
    const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {});
    call.on('data', () => {});
    call.on('status', ({ code }) => resolve(code));
  });
}

/** One message there and back, silence, and the end. */
function talk(client) {
  return new Promise((resolve) => {
    const { path, requestSerialize, responseDeserialize } = SERVICE.talk;
    const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    call.once('data', () => setTimeout(() => call.end(), 1500));
    call.on('status', ({ code }) => resolve(code));
    call.write({ id: 1 });
  });
}

async function load(port, count) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const codes = {};
  const note = (code) => (codes[code] = (codes[code] ?? 0) + 1);
  for (let i = 0; i < count; i += 20) {
    const batch = Array.from({ length: 20 }, (_, k) => get(client, i + k + 1, new Metadata()));
    for (const code of await Promise.all(batch)) note(code);
  }
  for (let i = 0; i < 10; i++) note(await watch(client));
  note(await talk(client));
  const traced = new Metadata();
  traced.set('traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
  note(await get(client, 1, traced));
  client.close();
  console.log(JSON.stringify(codes));
}

if (process.argv[2] === 'serve') serve(process.argv[3]);
else await load(process.argv[2], Number(process.argv[3]));
