import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';

/** A server of a test and how to end it. */
export interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Answers every request with one status and body. */
export async function answering(status: number, body: string, headers: Record<string, string> = {}): Promise<TestServer> {
  const server: HttpServer = createHttpServer((request, response) => {
    request.resume();
    response.writeHead(status, headers).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Accepts connections and never answers. */
export async function silent(): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An address where nothing listens: a port that was free a moment ago. */
export async function nobody(): Promise<string> {
  const server = await silent();
  await server.stop();
  return server.url;
}
