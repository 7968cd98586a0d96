import type { Duplex } from 'node:stream';
import { FailureError, toFailure, type Failure } from '@gumshoe/base/failure';
import type { SourcePart, SshConnection } from '@gumshoe/engine/ports';
import ssh2, { type Client } from 'ssh2';
import { connectionFailure } from '../failures.ts';
import type { OpenOptions } from '../open.ts';
import { authentication } from './authentication.ts';
import { HostKeys, UnknownHostKey } from './host-key.ts';

const CONNECT_TIMEOUT = 20_000;
const ANSWER_TIMEOUT = 10_000;
const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 3 };
/** After a failed attempt the next one waits, twice as long each time, ms. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

/** A connection to an SSH server that is made again when it is needed after a loss. */
export class SshSession {
  /** user@host:port */
  readonly target: string;
  private readonly spec: SshConnection;
  private readonly options: OpenOptions;
  private readonly hostKeys: HostKeys;
  private client: Client | undefined;
  private connecting: Promise<Client> | undefined;
  private closed = false;
  private pause = 0;
  private notBefore = 0;
  private last: FailureError | undefined;
  /** Why the connection was lost, until the next one stands. */
  private lost: Failure | undefined;

  constructor(spec: SshConnection, options: OpenOptions) {
    this.spec = spec;
    this.options = options;
    this.target = `${spec.user}@${spec.host}:${spec.port}`;
    this.hostKeys = new HostKeys(spec.knownHostsFile, spec.host, spec.port);
  }

  /** The reason of the last loss; undefined while the connection stands. */
  get failure(): Failure | undefined {
    return this.client ? undefined : (this.last?.failure ?? this.lost);
  }

  /** The connection that stands, or a new one. Rejects with FailureError; soon after a failure, with that one. */
  connect(): Promise<Client> {
    if (this.closed) return Promise.reject(this.problem('cancelled', 'the connection was closed'));
    if (this.client) return Promise.resolve(this.client);
    if (this.last && performance.now() < this.notBefore) return Promise.reject(this.last);
    this.connecting ??= this.open().finally(() => (this.connecting = undefined));
    return this.connecting;
  }

  private async open(): Promise<Client> {
    try {
      const client = await this.attempt().catch(async (error: unknown) => {
        if (!(error instanceof UnknownHostKey)) throw error;
        // No connection waits while a person compares fingerprints; the next one must show the same key.
        await this.hostKeys.decide(error.key, this.options.confirmHostKey);
        return this.attempt();
      });
      if (this.closed) {
        client.end();
        throw this.problem('cancelled', 'the connection was closed');
      }
      [this.client, this.last, this.lost, this.pause] = [client, undefined, undefined, 0];
      return client;
    } catch (error) {
      this.last = connectionFailure(error, 'connect with SSH', this.target);
      this.pause = Math.min(LONGEST_PAUSE, this.pause * 2 || FIRST_PAUSE);
      this.notBefore = performance.now() + this.pause;
      throw this.last;
    }
  }

  private async attempt(): Promise<Client> {
    const { config, shown } = await authentication(this.spec, this.options.secrets, process.env);
    const serverHostKey = this.hostKeys.algorithms() as ssh2.ServerHostKeyAlgorithm[];
    const client = new ssh2.Client();
    return new Promise((resolve, reject) => {
      let keyProblem: Error | undefined;
      let agentProblem = '';
      client.on('error', (error: Error & { readonly level?: string }) => {
        // The agent is one of several ways to authenticate; the attempt goes on without it.
        if (error.level === 'agent') agentProblem = error.message;
        else {
          this.lose(client, error.message);
          reject(keyProblem ?? this.refusal(error, agentProblem ? `${shown} (${agentProblem})` : shown));
        }
      });
      client.on('close', () => {
        this.lose(client, 'the server closed the connection');
        reject(keyProblem ?? this.problem('refused', 'the server closed the connection'));
      });
      client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) =>
        finish(prompts.map(({ echo }) => (echo ? '' : (config.password ?? '')))),
      );
      client.on('ready', () => resolve(client));
      client.connect({
        host: this.spec.host,
        port: this.spec.port,
        username: this.spec.user,
        readyTimeout: CONNECT_TIMEOUT,
        ...KEEPALIVE,
        algorithms: { serverHostKey },
        hostVerifier: (key: Buffer) => {
          try {
            keyProblem = this.hostKeys.problem(key);
          } catch (error) {
            keyProblem = error instanceof Error ? error : new Error(String(error));
          }
          return keyProblem === undefined;
        },
        ...config,
      });
    });
  }

  private lose(client: Client, reason: string): void {
    if (this.client !== client) return;
    this.client = undefined;
    this.lost = this.problem('unreachable', `the connection was lost: ${reason}`).failure;
  }

  private refusal(error: Error & { readonly level?: string }, shown: string): FailureError {
    if (error.level === 'client-authentication')
      return this.problem(
        'unauthorized',
        `the server does not accept ${shown}`,
        'Check the user and the key or password, and that the server allows this way to log in.',
      );
    if (error.level === 'client-timeout')
      return this.problem('timeout', 'the server did not answer in time', 'Check the host and port.');
    if (error.level === 'client-socket' || 'errno' in error)
      return connectionFailure(error, 'connect with SSH', this.target);
    return this.problem('wrong-server', error.message, 'Check that an SSH server answers at this port.');
  }

  private problem(code: Failure['code'], reason: string, remedy?: string): FailureError {
    const facts = { code, tried: 'connect with SSH', target: this.target, reason };
    return new FailureError(remedy === undefined ? facts : { ...facts, remedy });
  }

  /** A stream to `host:port` as the server sees it. Rejects with FailureError. */
  async channel(host: string, port: number): Promise<Duplex> {
    const client = await this.connect();
    const target = `${host}:${port} as seen from ${this.spec.host}`;
    return new Promise((resolve, reject) => {
      const fail = (code: Failure['code'], reason: string, remedy: string): void =>
        reject(new FailureError({ code, tried: 'open a tunnel', target, reason, remedy }));
      const timer = setTimeout(
        () => fail('timeout', 'the server did not open the tunnel in time', 'Check the address.'),
        ANSWER_TIMEOUT,
      );
      try {
        client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
          clearTimeout(timer);
          if (!error) resolve(channel);
          else if ('reason' in error && Number(error.reason) === 1)
            fail(
              'not-supported',
              error.message,
              'The server forbids it: see AllowTcpForwarding and PermitOpen.',
            );
          else fail('refused', error.message, 'Nothing accepts connections there: check the inner address.');
        });
      } catch (error) {
        clearTimeout(timer);
        reject(connectionFailure(error, 'open a tunnel', target));
      }
    });
  }

  /** The hop for status, with the time of one question and answer. Never rejects. */
  async check(): Promise<SourcePart> {
    const part = { name: `ssh ${this.spec.host}`, target: this.target };
    try {
      const client = await this.connect();
      const before = performance.now();
      await roundTrip(client);
      return { ...part, state: 'ok', latencyMs: performance.now() - before, notes: [] };
    } catch (error) {
      const failure = toFailure(error, 'check the SSH connection', this.target);
      return { ...part, state: 'failed', failure, notes: [] };
    }
  }

  close(): void {
    this.closed = true;
    this.client?.end();
    this.client = undefined;
  }
}

/** To end a forward that does not exist changes nothing, and the server has to answer either way. */
function roundTrip(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('timeout: no answer')), ANSWER_TIMEOUT);
    client.unforwardIn('127.0.0.1', 1, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
