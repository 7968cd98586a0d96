import { err, ok, type Result } from '@gumshoe/base/result';
import type {
  ConnectionSpec,
  DirectConnection,
  ExtraHeader,
  SingleConnection,
  SshConnection,
  TlsSettings,
} from '@gumshoe/engine/ports';

type Fields = Readonly<Record<string, unknown>>;

/** Collects mistakes, one line each, so that a form or a file shows all of them at once. */
class Reading {
  readonly problems: string[] = [];
  private readonly fields: Fields;
  readonly prefix: string;
  constructor(fields: Fields, prefix: string, problems?: string[]) {
    this.fields = fields;
    this.prefix = prefix;
    if (problems) this.problems = problems;
  }

  text(name: string): string {
    const value = this.fields[name];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    this.problems.push(`${this.prefix}${name} is missing`);
    return '';
  }

  optionalText(name: string): string | undefined {
    const value = this.fields[name];
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string') return value.trim();
    this.problems.push(`${this.prefix}${name} must be text`);
    return undefined;
  }

  url(name: string, required: boolean): string {
    const value = required ? this.text(name) : (this.optionalText(name) ?? '');
    if (value === '') return '';
    if (!/^https?:\/\/[^/\s]+/.test(value))
      this.problems.push(`${this.prefix}${name} must start with http:// or https://, found ${value}`);
    else if (/^https?:\/\/[^/]*@/.test(value))
      this.problems.push(`${this.prefix}${name} must not hold a user or password; use the fields for them`);
    return value.replace(/\/+$/, '');
  }

  within(name: string): Reading {
    const value = this.fields[name];
    const fields = typeof value === 'object' && value !== null ? (value as Fields) : {};
    return new Reading(fields, `${this.prefix}${name}.`, this.problems);
  }

  raw(name: string): unknown {
    return this.fields[name];
  }

  complain(problem: string): void {
    this.problems.push(`${this.prefix}${problem}`);
  }
}

/** Drops fields without a value, as `exactOptionalPropertyTypes` wants. */
function present<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''),
  ) as T;
}

/** Without ClickHouse there are metrics only; a tunnel leads to both. */
function readStores(reading: Reading, clickhouseRequired: boolean): Omit<DirectConnection, 'kind'> {
  const clickhouseUrl = reading.url('clickhouseUrl', clickhouseRequired);
  const rest = present<Omit<DirectConnection, 'kind' | 'clickhouseUrl'>>({
    clickhouseUser: reading.optionalText('clickhouseUser'),
    clickhousePasswordRef: reading.optionalText('clickhousePasswordRef'),
    clickhouseTls: readTls(reading, 'clickhouseTls'),
    prometheusUrl: reading.url('prometheusUrl', true),
    prometheusTokenRef: reading.optionalText('prometheusTokenRef'),
    prometheusUser: reading.optionalText('prometheusUser'),
    prometheusPasswordRef: reading.optionalText('prometheusPasswordRef'),
    prometheusTls: readTls(reading, 'prometheusTls'),
    prometheusHeaders: readHeaders(reading),
    collectorUrl: reading.url('collectorUrl', false),
  });
  return { clickhouseUrl, ...rest };
}

function readTls(reading: Reading, name: string): TlsSettings | undefined {
  if (reading.raw(name) === undefined) return undefined;
  const tls = reading.within(name);
  return present<TlsSettings>({
    caFile: tls.optionalText('caFile'),
    certFile: tls.optionalText('certFile'),
    keyFile: tls.optionalText('keyFile'),
    keyPassphraseRef: tls.optionalText('keyPassphraseRef'),
    serverName: tls.optionalText('serverName'),
  });
}

function readHeaders(reading: Reading): readonly ExtraHeader[] | undefined {
  const headers = reading.raw('prometheusHeaders');
  if (headers === undefined) return undefined;
  if (!Array.isArray(headers)) {
    reading.complain('prometheusHeaders must be a list');
    return undefined;
  }
  return headers.flatMap((_, i): ExtraHeader[] => {
    const header = new Reading(
      (headers[i] ?? {}) as Fields,
      `${reading.prefix}prometheusHeaders[${i}].`,
      reading.problems,
    );
    const name = header.text('name');
    const valueRef = header.optionalText('valueRef');
    return [valueRef === undefined ? { name, value: header.text('value') } : { name, valueRef }];
  });
}

function readAuth(reading: Reading): SshConnection['auth'] {
  const method = reading.raw('method');
  switch (method) {
    case 'agent':
      return { method };
    case 'key': {
      const passphraseRef = reading.optionalText('passphraseRef');
      const keyFile = reading.text('keyFile');
      return passphraseRef ? { method, keyFile, passphraseRef } : { method, keyFile };
    }
    case 'password':
      return { method, passwordRef: reading.text('passwordRef') };
    default:
      reading.complain('method must be agent, key or password');
      return { method: 'agent' };
  }
}

function readSsh(reading: Reading): SshConnection {
  const port = Number(reading.raw('port') ?? 22);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    reading.complain('port must be between 1 and 65535');
  return present<SshConnection>({
    kind: 'ssh',
    host: reading.text('host'),
    port,
    user: reading.text('user'),
    auth: readAuth(reading.within('auth')),
    knownHostsFile: reading.optionalText('knownHostsFile'),
    inner: readStores(reading.within('inner'), true),
  });
}

function readSpec(reading: Reading): ConnectionSpec {
  if (reading.raw('kind') !== 'several') return readSingle(reading);
  const clusters = reading.raw('clusters');
  if (!Array.isArray(clusters) || clusters.length === 0) {
    reading.complain('clusters must name at least one');
    return { kind: 'several', clusters: [] };
  }
  return {
    kind: 'several',
    clusters: clusters.map((_, i) => {
      const one = new Reading((clusters[i] ?? {}) as Fields, `clusters[${i}].`, reading.problems);
      return { name: one.text('name'), spec: readSingle(one.within('spec')) };
    }),
  };
}

function readSingle(reading: Reading): SingleConnection {
  const kind = reading.raw('kind');
  switch (kind) {
    case 'direct':
      return { kind, ...readStores(reading, false) };
    case 'grpc': {
      const address = reading.text('address');
      if (address !== '' && !/^.+:\d+$/.test(address)) reading.complain('address must be host:port');
      const insecure = reading.raw('insecure') === true ? true : undefined;
      const caFile = reading.optionalText('caFile');
      return present({ kind, address, tokenRef: reading.optionalText('tokenRef'), caFile, insecure });
    }
    case 'ssh':
      return readSsh(reading);
    case 'snapshot':
      return { kind, path: reading.text('path') };
    default:
      reading.complain('kind must be direct, grpc, ssh, snapshot or several');
      return { kind: 'snapshot', path: '' };
  }
}

/** A connection from JSON that anyone may have written: a file, a form, an argument. */
export function parseConnectionSpec(value: unknown): Result<ConnectionSpec, readonly string[]> {
  if (typeof value !== 'object' || value === null) return err(['a connection must be a JSON object']);
  const reading = new Reading(value as Fields, '');
  const spec = readSpec(reading);
  return reading.problems.length > 0 ? err(reading.problems) : ok(spec);
}

/** Whether all of it was recorded, so that nothing new will come. */
export const isRecorded = (spec: ConnectionSpec): boolean =>
  spec.kind === 'several'
    ? spec.clusters.every((cluster) => isRecorded(cluster.spec))
    : spec.kind === 'snapshot';

/** Short human name of where a connection leads. */
export function connectionTarget(spec: ConnectionSpec): string {
  switch (spec.kind) {
    case 'direct':
      return spec.prometheusUrl.replace(/^https?:\/\//, '');
    case 'grpc':
      return spec.address;
    case 'ssh':
      return `${spec.user}@${spec.host}${spec.port === 22 ? '' : `:${spec.port}`}`;
    case 'several':
      return spec.clusters.map(({ name }) => name).join(', ');
    case 'snapshot':
      return spec.path.split(/[/\\]/).at(-1) ?? spec.path;
  }
}
