import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { NetworkNamespace } from '../network-namespace.ts';
import { program, startPostgres } from './start.ts';
import type { Server } from './start.ts';

/**
 * Programs that do TLS with a copy of a library or of themselves, so that probes on it are hit by them alone. Each
 * has its port: several may run at once.
 */
export class TlsPrograms {
  readonly folder: string;
  readonly library: string;
  readonly key: string;
  readonly certificate: string;
  readonly #namespace: NetworkNamespace;

  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace;
    this.folder = mkdtempSync(join(tmpdir(), 'gumshoe-tls-'));
    namespace.afterwards(() => rmSync(this.folder, { recursive: true, force: true }));
    this.library = this.copyOf(sharedLibrary());
    [this.key, this.certificate] = [join(this.folder, 'key.pem'), join(this.folder, 'cert.pem')];
    const subject = [
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=IP:127.0.0.1,DNS:localhost',
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    ];
    const files = ['-keyout', this.key, '-out', this.certificate];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...subject],
      {
        stdio: 'ignore',
      },
    );
  }

  copyOf(path: string): string {
    const copy = join(this.folder, basename(path));
    copyFileSync(realpathSync(path), copy);
    return copy;
  }

  /** The command, with the copied library in place of the system's. */
  withLibrary(...command: readonly string[]): readonly string[] {
    return ['env', `LD_LIBRARY_PATH=${this.folder}`, ...command];
  }

  /** `locations`: what stands between the braces of `server { … }` behind the certificate. */
  async nginx(port: number, locations: string, options = ''): Promise<void> {
    const folder = join(this.folder, `nginx-${port}`);
    mkdirSync(folder);
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    const file = join(folder, 'nginx.conf');
    writeFileSync(
      file,
      `daemon off; worker_processes 2; pid ${folder}/pid; error_log stderr notice; events {}
       http { access_log ${folder}/access.log; keepalive_requests 1000000; ${paths.join(' ')}
         server { listen 127.0.0.1:${port} ssl ${options};
           ssl_certificate ${this.certificate}; ssl_certificate_key ${this.key}; ${locations} } }`,
    );
    const command = this.withLibrary('nginx', '-p', folder, '-c', file);
    await this.#namespace.serve(command, /start worker process \d+\s[^]*start worker process \d+/);
  }

  /** PostgreSQL with the copied library, on its well-known port. */
  postgres(): Promise<Server> {
    for (const path of [this.folder, this.library, this.certificate]) chmodSync(path, 0o755);
    const own = join(this.folder, 'postgres.pem');
    copyFileSync(this.key, own);
    const owner = Number(execFileSync('id', ['-u', 'postgres']));
    chownSync(own, owner, owner);
    chmodSync(own, 0o600);
    return startPostgres(this.#namespace, {
      tls: { key: own, certificate: this.certificate },
      command: this.withLibrary(),
    });
  }

  /** Builds tls.go; `stripped` leaves out symbols and debug information. */
  buildGo(stripped: boolean): string {
    const output = join(this.folder, stripped ? 'go-stripped' : 'go-plain');
    const flags = stripped ? ['-ldflags', '-s -w'] : [];
    execFileSync('go', ['build', ...flags, '-o', output, program('tls.go')], {
      env: { ...process.env, GO111MODULE: 'off', GOCACHE: join(this.folder, 'cache'), CGO_ENABLED: '0' },
    });
    return output;
  }
}

/** libssl.so.3, wherever the dynamic linker finds it. */
function sharedLibrary(): string {
  const list = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  const found = /libssl\.so\.3 .*=> (\S+)/.exec(list)?.[1];
  if (!found) throw new Error('no libssl.so.3 on this machine');
  return found;
}
