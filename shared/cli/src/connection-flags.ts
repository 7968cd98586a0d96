import { readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { FailureError } from '@gumshoe/base/failure';
import type {
  ConnectionSpec,
  DirectConnection,
  ExtraHeader,
  Reader,
  Secrets,
  SeveralConnection,
} from '@gumshoe/engine/ports';
import { openConnection, type HostKeyQuestion } from '@gumshoe/reader/open';

/** Flags that say where to read from; every command that reads has them. */
export interface ConnectionFlags {
  readonly clickhouse?: string;
  readonly clickhouseUser?: string;
  readonly clickhousePasswordFile?: string;
  readonly prometheus?: string;
  readonly clickhouseCa?: string;
  readonly prometheusTokenFile?: string;
  readonly prometheusUser?: string;
  readonly prometheusPasswordFile?: string;
  readonly prometheusHeader?: readonly string[];
  readonly prometheusHeaderFile?: readonly string[];
  readonly prometheusCa?: string;
  readonly prometheusCert?: string;
  readonly prometheusKey?: string;
  readonly gateway?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly insecure?: boolean;
  readonly ssh?: string;
  readonly identity?: string;
  readonly passwordFile?: string;
  readonly knownHosts?: string;
  readonly snapshot?: string;
  readonly cluster?: readonly string[];
  readonly cache?: string;
  readonly cacheSize?: string;
}

export class UsageError extends Error {}

export function withConnectionFlags(command: Command): Command {
  return command
    .option('--clickhouse <url>', 'ClickHouse HTTP interface; without it there are metrics only')
    .option('--clickhouse-user <name>', 'ClickHouse user')
    .option('--clickhouse-password-file <file>', 'file with its password')
    .option('--clickhouse-ca <file>', 'PEM authority to trust')
    .option('--prometheus <url>', 'Prometheus-compatible API, with the prefix of its path if it has one')
    .option('--prometheus-token-file <file>', 'file with its bearer token')
    .option('--prometheus-user <name>', 'user for basic authentication')
    .option('--prometheus-password-file <file>', 'file with its password')
    .option('--prometheus-header <name: value>', 'header to send along (repeatable)', append)
    .option('--prometheus-header-file <name: file>', 'the same with the value in a file', append)
    .option('--prometheus-ca <file>', 'PEM authority to trust')
    .option('--prometheus-cert <file>', 'PEM certificate to show')
    .option('--prometheus-key <file>', 'PEM key of that certificate')
    .option('--grpc, --gateway <host:port>', 'a collector gateway (gRPC) instead')
    .option('--token-file <file>', 'file with the gateway token')
    .option('--ca <file>', 'PEM authority of the gateway')
    .option('--insecure', 'gateway without TLS (loopback only)')
    .option('--ssh <user@host:port>', 'reach --clickhouse and --prometheus through this host')
    .option('--identity <file>', 'private key for --ssh (default: the agent)')
    .option('--password-file <file>', 'file with the password for --ssh')
    .option('--known-hosts <file>', 'known_hosts file for --ssh')
    .option('--snapshot <file>', 'a .gumshoe file instead')
    .option(
      '--cluster <name=source>',
      'one of several clusters (repeatable): CLICKHOUSE-URL,PROMETHEUS-URL or a .gumshoe file',
      append,
    )
    .option('--cache <directory>', 'keep metrics there, so that the next command asks for new ones only')
    .option('--cache-size <mebibytes>', 'what the cache may take (default 1024)');
}

const append = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];

/** For what metrics alone do not answer. @throws UsageError */
export function needClickhouse({ prometheus, clickhouse }: ConnectionFlags): void {
  if (prometheus !== undefined && clickhouse === undefined)
    throw new UsageError('say --clickhouse as well: spans, log records, profiles and SQL are there');
}

/** The connection the flags describe; throws UsageError with one line when they do not. */
export function connectionSpec(flags: ConnectionFlags): ConnectionSpec {
  const ways = [flags.snapshot, flags.gateway, flags.cluster, flags.clickhouse ?? flags.prometheus].filter(
    (one) => one !== undefined,
  );
  if (ways.length !== 1)
    throw new UsageError(
      `${ways.length === 0 ? 'say where to read' : 'say one place to read, not several'}: --clickhouse URL --prometheus URL, or --grpc HOST:PORT, or --snapshot FILE, or --cluster NAME=SOURCE …`,
    );
  if (flags.cluster !== undefined)
    return { kind: 'several', clusters: flags.cluster.map((text) => clusterOf(text, flags)) };
  if (flags.snapshot !== undefined) return { kind: 'snapshot', path: flags.snapshot };
  if (flags.gateway !== undefined)
    return {
      kind: 'grpc',
      address: flags.gateway,
      ...(flags.tokenFile === undefined ? {} : { tokenRef: flags.tokenFile }),
      ...(flags.ca === undefined ? {} : { caFile: flags.ca }),
      ...(flags.insecure ? { insecure: true } : {}),
    };
  if (flags.prometheus === undefined)
    throw new UsageError('--clickhouse needs --prometheus: without metrics there is nothing to judge');
  if (flags.ssh !== undefined && flags.clickhouse === undefined)
    throw new UsageError('--ssh reaches both: say --clickhouse as well');
  checkAddress(flags.prometheus, '--prometheus', '--prometheus-user and --prometheus-password-file');
  if (flags.clickhouse !== undefined)
    checkAddress(flags.clickhouse, '--clickhouse', '--clickhouse-user and --clickhouse-password-file');
  const stores = storesOf(flags.clickhouse ?? '', flags.prometheus, flags);
  return flags.ssh === undefined ? { kind: 'direct', ...stores } : sshSpec(flags.ssh, flags, stores);
}

/** Addresses are shown in messages, so none may hold a password. @throws UsageError, which does not repeat it. */
function checkAddress(text: string, flag: string, instead: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username || url?.password)
    throw new UsageError(`${flag}: no user and password in an address: say ${instead}`);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new UsageError(`${flag} ${text.split('@').at(-1)}: an address such as http://127.0.0.1:8080`);
}

function storesOf(
  clickhouseUrl: string,
  prometheusUrl: string,
  flags: ConnectionFlags,
): Omit<DirectConnection, 'kind'> {
  if (flags.prometheusTokenFile !== undefined && flags.prometheusUser !== undefined)
    throw new UsageError('--prometheus-token-file or --prometheus-user, not both');
  if ((flags.prometheusCert === undefined) !== (flags.prometheusKey === undefined))
    throw new UsageError('--prometheus-cert and --prometheus-key go together');
  const headers: ExtraHeader[] = [
    ...(flags.prometheusHeader ?? []).map((text) => {
      const [name, value] = headerOf(text, '--prometheus-header', 'VALUE');
      return { name, value };
    }),
    ...(flags.prometheusHeaderFile ?? []).map((text) => {
      const [name, valueRef] = headerOf(text, '--prometheus-header-file', 'FILE');
      return { name, valueRef };
    }),
  ];
  const prometheusTls = present({
    caFile: flags.prometheusCa,
    certFile: flags.prometheusCert,
    keyFile: flags.prometheusKey,
  });
  return {
    clickhouseUrl,
    prometheusUrl,
    ...present({
      clickhouseUser: flags.clickhouseUser,
      clickhousePasswordRef: flags.clickhousePasswordFile,
      clickhouseTls: flags.clickhouseCa === undefined ? undefined : { caFile: flags.clickhouseCa },
      prometheusTokenRef: flags.prometheusTokenFile,
      prometheusUser: flags.prometheusUser,
      prometheusPasswordRef: flags.prometheusPasswordFile,
      prometheusHeaders: headers.length > 0 ? headers : undefined,
      prometheusTls: Object.keys(prometheusTls).length > 0 ? prometheusTls : undefined,
    }),
  };
}

/** Fields that have a value. */
const present = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

function headerOf(text: string, flag: string, what: string): readonly [string, string] {
  const match = /^([!#$%&'*+.^_`|~\w-]+)\s*:\s*(.+)$/.exec(text);
  if (!match) throw new UsageError(`${flag} ${JSON.stringify(text.split(':')[0])}: NAME: ${what}`);
  return [match[1]!, match[2]!];
}

function clusterOf(text: string, flags: ConnectionFlags): SeveralConnection['clusters'][number] {
  const [, name, source] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || source === undefined)
    throw new UsageError(
      `--cluster ${text.split('@').at(-1)}: NAME=CLICKHOUSE-URL,PROMETHEUS-URL or NAME=FILE`,
    );
  const [clickhouse, prometheus, ...rest] = source.split(',');
  if (!/^https?:/.test(source)) return { name, spec: { kind: 'snapshot', path: source } };
  if (clickhouse === undefined || prometheus === undefined || rest.length > 0)
    throw new UsageError(`--cluster ${name}: two addresses, ClickHouse's and Prometheus's, with a comma`);
  checkAddress(clickhouse, `--cluster ${name}`, 'them in flags, the same for all clusters');
  checkAddress(prometheus, `--cluster ${name}`, 'them in flags, the same for all clusters');
  return { name, spec: { kind: 'direct', ...storesOf(clickhouse, prometheus, flags) } };
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
  return openConnection(connectionSpec(flags), {
    secrets: FILE_SECRETS,
    confirmHostKey: askHostKey,
    ...cacheOptions(flags),
  });
}

function cacheOptions({ cache, cacheSize }: ConnectionFlags): {
  readonly cacheDirectory?: string;
  readonly cacheBytes?: number;
} {
  if (cacheSize !== undefined && cache === undefined) throw new UsageError('--cache-size goes with --cache');
  if (cache === undefined) return {};
  const mebibytes = Number(cacheSize ?? 1024);
  if (!(mebibytes >= 1)) throw new UsageError(`--cache-size ${cacheSize}: a number of mebibytes`);
  return { cacheDirectory: cache, cacheBytes: mebibytes * 1024 ** 2 };
}
