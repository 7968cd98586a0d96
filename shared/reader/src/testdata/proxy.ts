import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestServer } from './fake-servers.ts';

export interface Certificates {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
  /** Signed by nobody that the server knows. */
  readonly strangerCert: string;
  readonly strangerKey: string;
}

const openssl = (...args: string[]): void =>
  void execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 });

/** An authority, a server for 127.0.0.1 and a client, with elliptic keys, as PEM files in a directory. */
export function makeCertificates(directory: string): Certificates {
  const path = (name: string): string => join(directory, name);
  const key = (name: string): string[] => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', path(name)];
  const selfSigned = (name: string): void =>
    openssl('req', '-x509', ...key(`${name}.key`), '-out', path(`${name}.pem`), '-days', '2', '-subj', `/CN=${name}`);
  selfSigned('ca');
  selfSigned('stranger');
  for (const name of ['server', 'client']) {
    openssl('req', ...key(`${name}.key`), '-out', path(`${name}.csr`), '-subj', `/CN=${name}`);
    writeFileSync(path(`${name}.ext`), 'subjectAltName=IP:127.0.0.1\n');
    const authority = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial'];
    openssl('x509', '-req', '-in', path(`${name}.csr`), ...authority, '-out', path(`${name}.pem`), '-days', '2', '-extfile', path(`${name}.ext`));
  }
  return {
    ca: path('ca.pem'),
    serverCert: path('server.pem'),
    serverKey: path('server.key'),
    clientCert: path('client.pem'),
    clientKey: path('client.key'),
    strangerCert: path('stranger.pem'),
    strangerKey: path('stranger.key'),
  };
}

export interface ProxyOptions {
  /** What stands before `/api` in the path. */
  readonly prefix?: string;
  readonly tls?: Certificates;
  /** Only clients with a certificate of the authority. */
  readonly clientCertificate?: boolean;
  /** Why a request is refused: a status and a text; undefined lets it through. */
  readonly refuse?: (request: IncomingMessage, form: URLSearchParams) => readonly [number, string, Record<string, string>?] | undefined;
}

/** Stands before a real server as a reverse proxy does. */
export async function proxyTo(target: string, options: ProxyOptions = {}): Promise<TestServer> {
  const answer = (incoming: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const prefix = options.prefix ?? '';
      const url = incoming.url ?? '';
      const form = new URLSearchParams(incoming.method === 'POST' ? body.toString() : url.split('?')[1]);
      const refusal = url.startsWith(`${prefix}/`) ? options.refuse?.(incoming, form) : ([404, 'no such path'] as const);
      if (refusal) return void response.writeHead(refusal[0], refusal[2]).end(refusal[1]);
      const { method, headers } = incoming;
      const onward = request(`${target}${url.slice(prefix.length)}`, { method, headers: { ...headers, host: new URL(target).host } });
      onward.on('response', (theirs) => {
        response.writeHead(theirs.statusCode ?? 502, theirs.headers);
        theirs.pipe(response);
      });
      onward.on('error', () => response.writeHead(502).end());
      onward.end(body);
    });
  };
  const { tls } = options;
  const server = tls
    ? createHttpsServer(
        {
          cert: readFileSync(tls.serverCert),
          key: readFileSync(tls.serverKey),
          ...(options.clientCertificate ? { ca: readFileSync(tls.ca), requestCert: true, rejectUnauthorized: true } : {}),
        },
        answer,
      )
    : createHttpServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}${options.prefix ?? ''}`,
    async stop(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
