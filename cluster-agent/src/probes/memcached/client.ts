import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { certificateOf } from '../certificate.ts';
import { splitAddress, type ProbeTarget } from '../define.ts';

/** An answer longer than this is not one of memcached's. */
const MAX_ANSWER = 1024 * 1024;

export class MemcachedError extends Error {}

/** Speaks memcached's text protocol (doc/protocol.txt): one question, one answer. */
export class MemcachedClient {
  private readonly socket: Socket;
  private readonly timeout: number;

  private constructor(socket: Socket, timeout: number) {
    this.socket = socket;
    this.timeout = timeout;
  }

  /** Connects, and logs in where the target has a password. `timeout` in ms bounds every answer. */
  static async connect(target: ProbeTarget, timeout: number): Promise<MemcachedClient> {
    const { host, port } = splitAddress(target.address, 11211);
    const client = new MemcachedClient(await open(target, host, port, timeout), timeout);
    try {
      if (target.password !== undefined) await client.logIn(target.user ?? '', target.password);
    } catch (error) {
      client.close();
      throw error;
    }
    return client;
  }

  /** With -Y the server takes the first value that is set for the name and the password (doc/protocol.txt, Authentication). */
  private async logIn(user: string, password: string): Promise<void> {
    const secret = `${user} ${password}`;
    await this.ask(`set gumshoe 0 0 ${Buffer.byteLength(secret)}\r\n${secret}`, /^STORED$/);
  }

  /** Lines of the answer, the last one left out: it matches `end`. Throws the server's words when it refuses. */
  ask(question: string, end: RegExp): Promise<readonly string[]> {
    const { socket } = this;
    return new Promise((resolve, reject) => {
      let text = '';
      const finish = (outcome: () => void): void => {
        clearTimeout(late);
        socket.off('data', read).off('error', failed).off('close', closed);
        outcome();
      };
      const fail = (reason: string): void => finish(() => reject(new MemcachedError(reason)));
      const read = (chunk: Buffer): void => {
        text += chunk.toString('latin1');
        const lines = text.split('\r\n');
        const last = lines.at(-2) ?? '';
        if (text.length > MAX_ANSWER) return fail(`${question.split(' ')[0]}: the answer does not end`);
        if (!text.endsWith('\r\n')) return;
        if (/^(ERROR|CLIENT_ERROR|SERVER_ERROR)\b/.test(last)) return fail(last);
        if (end.test(last)) finish(() => resolve(lines.slice(0, -2)));
      };
      const failed = (error: Error): void => fail(error.message);
      const closed = (): void => fail('the server closed the connection');
      const late = setTimeout(
        () => fail(`no answer to ${question.split(' ')[0]} within ${this.timeout} ms`),
        this.timeout,
      );
      socket.on('data', read).on('error', failed).on('close', closed);
      socket.write(`${question}\r\n`);
    });
  }

  get certificate(): PeerCertificate | undefined {
    return certificateOf(this.socket);
  }

  close(): void {
    this.socket.destroy();
  }
}

function open(target: ProbeTarget, host: string, port: number, timeout: number): Promise<Socket> {
  const socket =
    target.tls === 'disable'
      ? connectTcp({ host, port })
      : connectTls({
          host,
          port,
          servername: host,
          rejectUnauthorized: target.tls === 'verify-full',
          ...(target.ca ? { ca: target.ca } : {}),
        });
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(late);
      socket.destroy();
      reject(error);
    };
    const late = setTimeout(
      () => fail(new MemcachedError(`connect: no answer within ${timeout} ms`)),
      timeout,
    );
    socket.once('error', fail);
    socket.once(target.tls === 'disable' ? 'connect' : 'secureConnect', () => {
      clearTimeout(late);
      socket.off('error', fail);
      // what breaks between rounds is found by the next question
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}
