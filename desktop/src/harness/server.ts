import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';
import type { LaunchOptions } from '../contract/bridge.ts';
import { decodeValue, encodeValue } from '../contract/codec.ts';
import { CHANNEL, writeFrame } from '../contract/framing.ts';
import type { WorkbenchHandlers } from '../contract/ipc.ts';
import { isMessage } from '../contract/message.ts';
import { CallSession } from '../engine/serve.ts';

export interface HarnessOptions {
  readonly handlers: WorkbenchHandlers;
  /** Folder of the built page. */
  readonly page: string;
  readonly launch: LaunchOptions;
  readonly port: number;
  readonly storeSecret: (value: string) => string;
}

export interface Harness {
  /** Address of the page, token included. */
  readonly url: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.ttf': 'font/ttf',
};

/** The renderer and the engine's calls over HTTP on loopback, for those who hold the token. */
export async function startHarness(options: HarnessOptions): Promise<Harness> {
  const token = randomBytes(24).toString('hex');
  const server = createServer((request, response) => {
    void answer(request, response, token, options).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/index.html#token=${token}`, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  token: string,
  options: HarnessOptions,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (!pathname.startsWith('/call/')) return serveFile(pathname, response, options.page);
  if (!isAllowed(request, token)) return void response.writeHead(403).end();
  switch (pathname) {
    case '/call/frames':
      return openSession(request, response, options.handlers);
    case '/call/frame':
      sessions.get(sessionOf(request))?.(await readBody(request));
      return void response.writeHead(204).end();
    case '/call/launch':
      return void response.end(JSON.stringify(options.launch));
    case '/call/secret':
      return void response.end(options.storeSecret((await readBody(request)).toString('utf8')));
    default:
      response.writeHead(404).end();
  }
}

const sessions = new Map<string, (frame: Uint8Array) => void>();
const sessionOf = (request: IncomingMessage): string => String(request.headers['x-session'] ?? '');

/** The token in a header, and no foreign page: a browser sends Origin with every POST. */
function isAllowed(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(String(request.headers['x-token'] ?? ''));
  const wanted = Buffer.from(token);
  const origin = request.headers.origin;
  if (origin !== undefined && origin !== `http://${request.headers.host}`) return false;
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** A response that stays open and carries frames to one page. */
function openSession(request: IncomingMessage, response: ServerResponse, handlers: WorkbenchHandlers): void {
  const id = sessionOf(request);
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  response.flushHeaders();
  const session = new CallSession(handlers, (message) => {
    response.write(writeFrame(CHANNEL.renderer, encodeValue(message)));
  });
  sessions.set(id, (frame) => {
    const message = decodeValue(frame);
    if (isMessage(message)) session.receive(message);
  });
  response.on('close', () => {
    sessions.delete(id);
    session.close();
  });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function serveFile(pathname: string, response: ServerResponse, folder: string): Promise<void> {
  const path = normalize(join(folder, decodeURIComponent(pathname)));
  if (!path.startsWith(folder + sep)) return void response.writeHead(404).end();
  try {
    const body = await readFile(path);
    response.writeHead(200, {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'x-content-type-options': 'nosniff',
    });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
}
