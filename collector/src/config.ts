import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { isLoopbackHost } from './loopback.ts';
import { RECEIVER_NAMES } from './receivers/names.ts';
import { VERSION } from './version.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

const duration = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\d+(\.\d+)?(ms|s|m|h)$/, 'a duration such as 500ms, 15s or 5m'))
  .transform((text) => parseFloat(text) * (UNITS[text.replace(/[\d.]/g, '')] ?? 1));
const size = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\d+(B|[KMG]i?B)?$/, 'a size such as 150MB or 1GiB'))
  .transform((text) => parseInt(text, 10) * (BYTES[text.replace(/\d/g, '')] ?? 1));
const count = (low: number, high: number) =>
  z.coerce
    .number({ error: 'a number' })
    .int('a whole number')
    .min(low, `at least ${low}`)
    .max(high, `at most ${high}`);
const list = z.union([z.array(z.coerce.string()), z.coerce.string().transform((text) => [text])]).default([]);
const address = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^:]+):\d{1,5}$/, 'host:port');
const url = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'an http:// or https:// URL',
  )
  .refine(
    (text) => !URL.canParse(text) || new URL(text).password === '',
    'no password in the URL: use a file',
  );
/** Where another collector listens; plain text only to this machine. */
const otlpUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^(https?|grpcs?):$/.test(new URL(text).protocol),
    'an http://, https://, grpc:// or grpcs:// URL',
  )
  .refine(
    (text) => !URL.canParse(text) || new URL(text).password === '',
    'no password in the URL: use a file',
  )
  .refine(
    (text) =>
      !URL.canParse(text) ||
      !/^(http|grpc):$/.test(new URL(text).protocol) ||
      isLoopbackHost(new URL(text).hostname),
    'plain text goes to loopback only: use https:// or grpcs://, or an address of loopback',
  );
/** Stores, and the setting with the secret that is sent to each. */
const STORES = [
  ['clickhouse-url', 'clickhouse-password-file'],
  ['remote-write-url', 'remote-write-token-file'],
] as const;
const flag = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
  .default(false);
const logFile = z
  .string()
  .regex(/^\/.+=.+$/, 'CONTAINER_ID=PATH')
  .transform((text) => ({
    containerId: text.slice(0, text.indexOf('=')),
    path: text.slice(text.indexOf('=') + 1),
  }));

/** Every setting, as flag and as YAML key (the flag without its dashes), with its default. */
const configuration = z
  .strictObject({
    listen: address.default('127.0.0.1:10300'),
    interval: duration.default(15_000).refine((ms) => ms >= 1000 && ms <= 300_000, 'from 1s to 5m'),
    'clickhouse-url': url.optional(),
    'clickhouse-user': z.string().optional(),
    'clickhouse-password-file': z.string().optional(),
    'remote-write-url': url.optional(),
    'remote-write-token-file': z.string().optional(),
    'prometheus-url': url.optional(),
    'gateway-listen': address.optional(),
    'gateway-cert-file': z.string().optional(),
    'gateway-key-file': z.string().optional(),
    'gateway-token-file': z.string().optional(),
    'stores-insecure': flag,
    'otlp-export-url': otlpUrl.optional(),
    'otlp-export-key-file': z.string().optional(),
    'otlp-export-ca-file': z.string().optional(),
    'otlp-http-listen': address.optional(),
    'otlp-grpc-listen': address.optional(),
    'otlp-key-file': z.string().optional(),
    'otlp-cert-file': z.string().optional(),
    'otlp-private-key-file': z.string().optional(),
    'otlp-insecure': flag,
    'target-cgroup': list,
    'target-pid': list.transform((values): unknown[] => values).pipe(z.array(count(1, 2 ** 22))),
    'target-netns': list,
    'log-file': list.pipe(z.array(logFile)),
    'spool-dir': z.string().optional(),
    'spool-limit': size.default(512e6),
    'listen-token-file': z.string().optional(),
    'listen-cert-file': z.string().optional(),
    'listen-key-file': z.string().optional(),
    'memory-limit': size.default(150e6),
    'max-series-per-container': count(10, 1_000_000).default(5000),
    'spans-per-second': count(0, 1_000_000).default(3000),
    'log-messages-per-second': count(0, 1_000_000).default(200),
    'slow-threshold': duration.default(500),
    'tls-deny': list,
    'profile-frequency': count(0, 999).default(99),
    'ttl-traces': count(0, 3650).default(7),
    'ttl-logs': count(0, 3650).default(7),
    'ttl-profiles': count(0, 3650).default(7),
    disable: list.pipe(z.array(z.enum(RECEIVER_NAMES))),
    only: list.pipe(z.array(z.enum(RECEIVER_NAMES))),
    'skip-system-services': z
      .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
      .default(true),
    procfs: z.string().default('/proc'),
    cgroupfs: z.string().default('/sys/fs/cgroup'),
    'host-root': z.string().default('/'),
    provider: z.string().optional(),
    region: z.string().optional(),
    'availability-zone': z.string().optional(),
    'instance-type': z.string().optional(),
    'instance-life-cycle': z.string().optional(),
    'log-level': z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  })
  .check((context) => {
    const targets = ['target-cgroup', 'target-pid', 'target-netns'] as const;
    if (targets.filter((name) => context.value[name].length > 0).length > 1)
      context.issues.push({
        code: 'custom',
        input: context.value,
        path: ['target-cgroup'],
        message: 'give one kind of target: cgroup, pid or netns',
      });
    if (
      (context.value['listen-cert-file'] === undefined) !==
      (context.value['listen-key-file'] === undefined)
    )
      context.issues.push({
        code: 'custom',
        input: context.value,
        path: ['listen-cert-file'],
        message: 'TLS needs listen-cert-file and listen-key-file',
      });
    if (
      (context.value['otlp-cert-file'] === undefined) !==
      (context.value['otlp-private-key-file'] === undefined)
    )
      context.issues.push({
        code: 'custom',
        input: context.value,
        path: ['otlp-cert-file'],
        message: 'TLS needs otlp-cert-file and otlp-private-key-file',
      });
    for (const [name, secret] of STORES) {
      const url = context.value[name];
      if (url === undefined || context.value[secret] === undefined || context.value['stores-insecure'])
        continue;
      if (new URL(url).protocol === 'http:' && !isLoopbackHost(new URL(url).hostname))
        context.issues.push({
          code: 'custom',
          input: context.value,
          path: [name],
          message: `the secret in ${secret} goes in plain text to loopback only: use https://, or stores-insecure when something in between encrypts`,
        });
    }
    if (
      context.value['gateway-listen'] &&
      !(context.value['clickhouse-url'] && context.value['prometheus-url'])
    )
      context.issues.push({
        code: 'custom',
        input: context.value,
        path: ['gateway-listen'],
        message: 'the gateway needs clickhouse-url and prometheus-url',
      });
  });

export type CollectorConfig = z.output<typeof configuration>;

const REPEATED = new Set([
  'target-cgroup',
  'target-pid',
  'target-netns',
  'log-file',
  'tls-deny',
  'disable',
  'only',
]);
const FLAGS: readonly (readonly [string, string, string])[] = [
  ['listen', '<host:port>', '/metrics, /status, /healthz (default 127.0.0.1:10300)'],
  ['interval', '<duration>', 'how often values are collected and pushed (default 15s)'],
  ['clickhouse-url', '<url>', 'where spans, logs and profiles go'],
  ['clickhouse-user', '<name>', 'ClickHouse user'],
  ['clickhouse-password-file', '<file>', 'file with the password'],
  ['remote-write-url', '<url>', 'Prometheus remote-write endpoint; without it metrics are only exposed'],
  ['remote-write-token-file', '<file>', 'file with a bearer token'],
  [
    'stores-insecure',
    '',
    'send secrets to stores beyond loopback without TLS: something in between encrypts',
  ],
  ['prometheus-url', '<url>', 'Prometheus API that the gateway reads from'],
  ['gateway-listen', '<host:port>', 'serve the gRPC gateway (TLS and token off loopback)'],
  ['gateway-cert-file', '<file>', 'PEM certificate of the gateway'],
  ['gateway-key-file', '<file>', 'PEM key of the gateway'],
  ['gateway-token-file', '<file>', 'file with the token that clients must show'],
  [
    'otlp-export-url',
    '<url>',
    'send spans, logs and metrics to another collector: http(s):// or grpc(s)://HOST:PORT',
  ],
  ['otlp-export-key-file', '<file>', 'file with the API key to show there'],
  ['otlp-export-ca-file', '<file>', 'PEM authority to trust there, for grpcs://'],
  ['otlp-http-listen', '<host:port>', 'take OTLP over HTTP, remote write and pprof, such as 127.0.0.1:4318'],
  ['otlp-grpc-listen', '<host:port>', 'take OTLP over gRPC, such as 127.0.0.1:4317'],
  ['otlp-key-file', '<file>', 'file with the API key that senders must show'],
  ['otlp-cert-file', '<file>', 'PEM certificate for both'],
  ['otlp-private-key-file', '<file>', 'PEM key of that certificate'],
  ['otlp-insecure', '', 'listen beyond loopback without TLS: something in front of it speaks TLS'],
  ['target-cgroup', '<path>', 'observe this cgroup and below only; repeatable'],
  ['target-pid', '<pid>', 'observe this process and its descendants only; repeatable'],
  ['target-netns', '<name|path|inode>', 'observe this network namespace only; repeatable'],
  ['log-file', '<container=path>', 'follow this file as the log of a container; repeatable'],
  ['listen-token-file', '<file>', 'file with the bearer token that /metrics and /status ask for'],
  ['listen-cert-file', '<file>', 'PEM certificate; with it /metrics and /status are served over TLS'],
  ['listen-key-file', '<file>', 'PEM key of that certificate'],
  ['spool-dir', '<dir>', 'keep on disk what a failing store does not take; without it memory alone'],
  ['spool-limit', '<size>', 'size of that directory; the oldest is given up first (default 512MB)'],
  ['memory-limit', '<size>', 'shed work above this resident size (default 150MB)'],
  ['max-series-per-container', '<n>', 'series of one container (default 5000)'],
  ['spans-per-second', '<n>', 'sampled spans per second; failed and slow ones come on top (default 3000)'],
  [
    'log-messages-per-second',
    '<n>',
    'stored log messages per second and container; all are counted (default 200)',
  ],
  ['slow-threshold', '<duration>', 'requests from this latency on are always kept (default 500ms)'],
  ['profile-frequency', '<hz>', 'CPU samples per second and CPU, 0 for none (default 99)'],
  ['tls-deny', '<glob>', 'executables and libraries whose TLS is never looked into; repeatable'],
  ['ttl-traces', '<days>', 'days traces are kept, 0 for ever (default 7)'],
  ['ttl-logs', '<days>', 'days logs are kept (default 7)'],
  ['ttl-profiles', '<days>', 'days profiles are kept (default 7)'],
  ['disable', '<receiver>', `leave out ${RECEIVER_NAMES.join(', ')}; repeatable`],
  ['only', '<receiver>', 'run only these receivers; repeatable'],
  ['skip-system-services', '<true|false>', 'leave out housekeeping units of systemd (default true)'],
  ['procfs', '<dir>', "the host's /proc"],
  ['cgroupfs', '<dir>', "the host's /sys/fs/cgroup"],
  ['host-root', '<dir>', "the host's root file system"],
  ['provider', '<name>', 'cloud provider, instead of what the firmware says'],
  ['region', '<name>', 'cloud region, instead of what the cloud says'],
  ['availability-zone', '<name>', 'availability zone, instead of what the cloud says'],
  ['instance-type', '<name>', 'instance type, instead of what the cloud says'],
  ['instance-life-cycle', '<name>', 'on-demand, spot or preemptible, instead of what the cloud says'],
  ['log-level', '<level>', 'debug, info, warn or error (default info)'],
];

function command(print: (text: string) => void): Command {
  const program = new Command('gumshoe-collector')
    .description(
      'Observes the processes of this machine through eBPF and writes metrics, spans, logs and profiles.',
    )
    .version(VERSION)
    .option('--config <file>', 'YAML file with the same names as the flags; flags win')
    .addHelpText(
      'after',
      '\nCommands:\n  doctor     say what this machine allows and what each refusal costs (doctor --help)\n' +
        '\nExit codes: 0 stopped by a signal, 2 bad configuration, 70 it could not start.',
    )
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => {} });
  for (const [name, argument, help] of FLAGS)
    if (REPEATED.has(name))
      program.option(`--${name} ${argument}`, help, (value: string, all?: string[]) => [
        ...(all ?? []),
        value,
      ]);
    else program.option(`--${name} ${argument}`.trimEnd(), help);
  return program;
}

/**
 * Flags over YAML over defaults. Throws ConfigError that names every mistake, one line each. Prints and returns
 * undefined for --help and --version.
 */
export function readConfig(
  argv: readonly string[],
  print = (text: string): void => void process.stdout.write(text),
): CollectorConfig | undefined {
  const program = command(print);
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new ConfigError([error.message.replace(/^error: /, '')]);
  }
  const flags: Record<string, unknown> = {};
  for (const [name] of FLAGS) {
    const value: unknown = program.getOptionValue(
      name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
    );
    if (value !== undefined) flags[name] = value;
  }
  const file = program.getOptionValue('config') as string | undefined;
  const yaml = file === undefined ? undefined : readYaml(file);
  return validate(flags, yaml);
}

interface Yaml {
  readonly file: string;
  readonly values: Record<string, unknown>;
  readonly document: Document;
  readonly lines: LineCounter;
}

function readYaml(file: string): Yaml {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`--config ${file}: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    throw new ConfigError(
      document.errors.map(
        (error) => `${file}:${lines.linePos(error.pos[0]).line}: ${error.message.split('\n')[0]}`,
      ),
    );
  const values: unknown = document.toJS() ?? {};
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new ConfigError([`${file}:1: expected names and values`]);
  return { file, values: values as Record<string, unknown>, document, lines };
}

function validate(flags: Readonly<Record<string, unknown>>, yaml: Yaml | undefined): CollectorConfig {
  const parsed = configuration.safeParse({ ...yaml?.values, ...flags });
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? (issue.code === 'unrecognized_keys' ? issue.keys[0] : ''));
      const text = issue.code === 'unrecognized_keys' ? 'no such setting' : issue.message;
      return name in flags || !yaml
        ? `--${name} ${withoutPassword(String(flags[name] ?? ''))}: ${text}`
        : `${yaml.file}:${lineOf(yaml, name)}: ${name}: ${text}`;
    }),
  );
}

/** `http://me:secret@host` → `http://…@host`: what is wrong is said without saying the secret. */
const withoutPassword = (value: string): string => value.replace(/\/\/.*@/, '//…@');

function lineOf(yaml: Yaml, name: string): number {
  const node = yaml.document.get(name, true);
  return isNode(node) && node.range ? yaml.lines.linePos(node.range[0]).line : 1;
}
