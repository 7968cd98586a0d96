import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sleep } from '../../demo/command.ts';
import { ROOT } from './lab.ts';

export const SSHD = '/usr/sbin/sshd';
export const TOKEN = 'token of this test';

export interface Ready {
  readonly clickhouse: string;
  readonly prometheus: string;
  readonly gateway: string;
}

/** The embedded store on loopback, a gateway with TLS and a token in front of it, and an sshd beside them. */
export class Stores {
  readonly directory = mkdtempSync(join(tmpdir(), 'gumshoe-ways-'));
  private readonly children: ChildProcess[] = [];
  store!: Ready;
  gateway!: string;
  sshPort = 0;

  file(name: string): string {
    return join(this.directory, name);
  }

  async start(): Promise<void> {
    writeFileSync(this.file('token'), TOKEN, { mode: 0o600 });
    this.store = await this.program(
      'collector/src/embedded/main.ts',
      ...[
        '--data',
        this.file('data'),
        '--clickhouse-listen',
        '127.0.0.1:0',
        '--prometheus-listen',
        '127.0.0.1:0',
      ],
    );
    this.certificate('gateway');
    const { clickhouse, prometheus } = this.store;
    const collector = await this.program(
      'collector/src/main.ts',
      ...['--listen', '127.0.0.1:0', '--gateway-listen', '127.0.0.1:0', '--interval', '1s', '--only', 'otlp'],
      ...['--clickhouse-url', clickhouse, '--prometheus-url', prometheus, '--log-level', 'error'],
      ...['--remote-write-url', `${prometheus}/api/v1/write`, '--gateway-token-file', this.file('token')],
      ...['--gateway-cert-file', this.file('gateway.crt'), '--gateway-key-file', this.file('gateway.key')],
    );
    this.gateway = collector.gateway;
    for (const name of ['host', 'other-host', 'user']) this.sshKey(name);
    await this.startSshd();
  }

  async stop(): Promise<void> {
    for (const child of this.children.splice(0).toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Writes a known_hosts file in which the sshd has the key of that name. */
  know(key: string): void {
    const [algorithm, encoded] = readFileSync(this.file(`${key}.pub`), 'utf8').split(' ');
    writeFileSync(this.file('known_hosts'), `[127.0.0.1]:${this.sshPort} ${algorithm} ${encoded}\n`);
  }

  /** Starts a program of ours and waits for its ready line. */
  private async program(script: string, ...args: readonly string[]): Promise<Ready> {
    const child = spawn(process.execPath, [join(ROOT, script), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.children.push(child);
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`${script} ended with ${code} before it was ready`);
    });
    ended.catch(() => {});
    const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [string];
    return JSON.parse(line) as Ready;
  }

  private certificate(name: string): void {
    const files = ['-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.crt`)];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    execFileSync('openssl', ['req', '-x509', ...key, '-days', '2', ...subject, ...files], {
      stdio: 'ignore',
    });
  }

  private sshKey(name: string): void {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', this.file(name)]);
  }

  private async startSshd(): Promise<void> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.sshPort = (server.address() as AddressInfo).port;
    server.close();
    await once(server, 'close');
    mkdirSync('/run/sshd', { recursive: true });
    const lines = [
      ...[`Port ${this.sshPort}`, 'ListenAddress 127.0.0.1', `HostKey ${this.file('host')}`],
      ...[`AuthorizedKeysFile ${this.file('user.pub')}`, `PidFile ${this.file('sshd.pid')}`],
      ...['StrictModes no', 'UsePAM no', 'PermitRootLogin prohibit-password', 'PasswordAuthentication no'],
    ];
    writeFileSync(this.file('sshd_config'), `${lines.join('\n')}\n`);
    this.children.push(spawn(SSHD, ['-D', '-e', '-f', this.file('sshd_config')], { stdio: 'ignore' }));
    for (let attempt = 0; attempt < 600; attempt++) {
      const socket = connect(this.sshPort, '127.0.0.1');
      const answered = await once(socket, 'data').then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (answered) return;
      await sleep(100);
    }
    throw new Error('sshd does not answer');
  }
}
