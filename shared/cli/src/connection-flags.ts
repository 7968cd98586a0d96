import { readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { FailureError } from '@gumshoe/base/failure';
import type { ConnectionSpec, Reader, Secrets } from '@gumshoe/engine/ports';
import { openConnection, type HostKeyQuestion } from '@gumshoe/reader/open';

/** Flags that say where to read from; every command that reads has them. */
export interface ConnectionFlags {
  readonly clickhouse?: string;
  readonly clickhouseUser?: string;
  readonly clickhousePasswordFile?: string;
  readonly prometheus?: string;
  readonly prometheusTokenFile?: string;
  readonly gateway?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly insecure?: boolean;
  readonly ssh?: string;
  readonly identity?: string;
  readonly passwordFile?: string;
  readonly knownHosts?: string;
  readonly snapshot?: string;
}

export class UsageError extends Error {}

export function withConnectionFlags(command: Command): Command {
  return command
    .option('--clickhouse <url>', 'ClickHouse HTTP interface')
    .option('--clickhouse-user <name>', 'ClickHouse user')
    .option('--clickhouse-password-file <file>', 'file with its password')
    .option('--prometheus <url>', 'Prometheus-compatible API')
    .option('--prometheus-token-file <file>', 'file with its bearer token')
    .option('--gateway <host:port>', 'a collector gateway (gRPC) instead')
    .option('--token-file <file>', 'file with the gateway token')
    .option('--ca <file>', 'PEM authority of the gateway')
    .option('--insecure', 'gateway without TLS (loopback only)')
    .option('--ssh <user@host:port>', 'reach --clickhouse and --prometheus through this host')
    .option('--identity <file>', 'private key for --ssh (default: the agent)')
    .option('--password-file <file>', 'file with the password for --ssh')
    .option('--known-hosts <file>', 'known_hosts file for --ssh')
    .option('--snapshot <file>', 'a .gumshoe file instead');
}

/** The connection the flags describe; throws UsageError with one line when they do not. */
export function connectionSpec(flags: ConnectionFlags): ConnectionSpec {
  const ways = [flags.snapshot, flags.gateway, flags.clickhouse ?? flags.prometheus].filter(
    (one) => one !== undefined,
  );
  if (ways.length !== 1)
    throw new UsageError(
      'say where to read: --clickhouse URL --prometheus URL, or --gateway HOST:PORT, or --snapshot FILE',
    );
  if (flags.snapshot !== undefined) return { kind: 'snapshot', path: flags.snapshot };
  if (flags.gateway !== undefined)
    return {
      kind: 'grpc',
      address: flags.gateway,
      ...(flags.tokenFile === undefined ? {} : { tokenRef: flags.tokenFile }),
      ...(flags.ca === undefined ? {} : { caFile: flags.ca }),
      ...(flags.insecure ? { insecure: true } : {}),
    };
  if (flags.clickhouse === undefined || flags.prometheus === undefined)
    throw new UsageError('--clickhouse and --prometheus go together');
  const stores = {
    clickhouseUrl: flags.clickhouse,
    prometheusUrl: flags.prometheus,
    ...(flags.clickhouseUser === undefined ? {} : { clickhouseUser: flags.clickhouseUser }),
    ...(flags.clickhousePasswordFile === undefined
      ? {}
      : { clickhousePasswordRef: flags.clickhousePasswordFile }),
    ...(flags.prometheusTokenFile === undefined ? {} : { prometheusTokenRef: flags.prometheusTokenFile }),
  };
  return flags.ssh === undefined ? { kind: 'direct', ...stores } : sshSpec(flags.ssh, flags, stores);
}

function sshSpec(
  destination: string,
  flags: ConnectionFlags,
  inner: Extract<ConnectionSpec, { kind: 'ssh' }>['inner'],
): ConnectionSpec {
  const match = /^(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(destination);
  if (!match) throw new UsageError(`--ssh ${destination}: user@host or user@host:port`);
  const auth =
    flags.identity !== undefined
      ? ({ method: 'key', keyFile: flags.identity } as const)
      : flags.passwordFile !== undefined
        ? ({ method: 'password', passwordRef: flags.passwordFile } as const)
        : ({ method: 'agent' } as const);
  return {
    kind: 'ssh',
    host: (match[2] ?? '').replace(/^\[|\]$/g, ''),
    port: Number(match[3] ?? 22),
    user: match[1] ?? userInfo().username,
    auth,
    knownHostsFile: flags.knownHosts ?? join(homedir(), '.ssh', 'known_hosts'),
    inner,
  };
}

/** On the command line a secret's reference is the file that holds it. */
const FILE_SECRETS: Secrets = {
  async get(reference) {
    try {
      return readFileSync(reference, 'utf8').split('\n')[0];
    } catch (error) {
      throw new FailureError({
        code: 'not-found',
        tried: 'read a secret',
        target: reference,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  },
};

async function askHostKey(question: HostKeyQuestion): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const text = `The authenticity of host ${question.host} is not established.\n${question.algorithm} key fingerprint is ${question.fingerprint}.\nConnect and remember it (yes/no)? `;
  const answer = await terminal.question(text);
  terminal.close();
  return answer.trim().toLowerCase() === 'yes';
}

export function openFromFlags(flags: ConnectionFlags): Promise<Reader> {
  return openConnection(connectionSpec(flags), { secrets: FILE_SECRETS, confirmHostKey: askHostKey });
}
