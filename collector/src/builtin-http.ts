/**
 * Node's HTTP modules. `import` of node:http reads all that it exports, and some of that loads the whole of `fetch`, which
 * nothing here uses: 4 MB.
 */
const plain = process.getBuiltinModule('node:http');
const tls = process.getBuiltinModule('node:https');

export const { createServer, request } = plain;
export const { createServer: createTlsServer, request: requestTls } = tls;
