import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { toFailure, type Failure } from '@gumshoe/base/failure';
import type { SshSession } from './session.ts';

const MAX_CONNECTIONS = 64;

/** A port on our loopback whose connections come out at `host:port` behind the SSH server. */
export class Forward {
  private readonly session: SshSession;
  private readonly host: string;
  private readonly port: number;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private refused: Failure | undefined;

  private constructor(session: SshSession, host: string, port: number) {
    this.session = session;
    this.host = host;
    this.port = port;
    this.server = createServer((socket) => void this.carry(socket));
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  static async open(session: SshSession, host: string, port: number): Promise<Forward> {
    const forward = new Forward(session, host, port);
    forward.server.listen(0, '127.0.0.1');
    await once(forward.server, 'listening');
    return forward;
  }

  get localPort(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Why connections end at once; undefined while they do not. */
  get failure(): Failure | undefined {
    return this.refused ?? this.session.failure;
  }

  private async carry(socket: Socket): Promise<void> {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
    try {
      const channel = await this.session.channel(this.host, this.port);
      this.refused = undefined;
      channel.on('error', () => socket.destroy());
      channel.on('close', () => socket.destroy());
      if (socket.destroyed) channel.destroy();
      socket.on('close', () => channel.destroy());
      socket.pipe(channel).pipe(socket);
    } catch (error) {
      this.refused = toFailure(error, 'open a tunnel', `${this.host}:${this.port}`);
      socket.destroy();
    }
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
