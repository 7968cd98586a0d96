import { FailureError } from '@gumshoe/base/failure';
import type {
  ConnectionSpec,
  DirectConnection,
  ExtraHeader,
  Reader,
  Secrets,
  SingleConnection,
  TlsSettings,
} from '@gumshoe/engine/ports';
import { sourceKey } from './cache/source-key.ts';
import { ClickHouseTransport } from './clickhouse/transport.ts';
import { HttpPrometheusTransport } from './prometheus/transport.ts';
import { NoSqlTransport } from './store/no-sql.ts';
import { StoreReader, type StoreReaderOptions } from './store/reader.ts';
import type { ClientTls } from './tls.ts';
import type { PrometheusTransport, SqlTransport } from './transports.ts';

/** An SSH server whose key is not in known_hosts; the user decides. */
export interface HostKeyQuestion {
  /** host or [host]:port */
  readonly host: string;
  readonly algorithm: string;
  /** SHA256:… as ssh(1) prints it */
  readonly fingerprint: string;
}

export interface OpenOptions {
  readonly secrets: Secrets;
  /** Without it an unknown host is refused. Answering true appends the key to known_hosts. */
  readonly confirmHostKey?: (question: HostKeyQuestion) => Promise<boolean>;
  /** Keeps raw series in this directory; without it every question goes to the source. */
  readonly cacheDirectory?: string;
  /** Bytes that the cache may take; 1 GiB if not given. */
  readonly cacheBytes?: number;
}

/** Opens a source. Rejects with FailureError; what is only slow or partly broken shows in `status`. */
export async function openConnection(spec: ConnectionSpec, options: OpenOptions): Promise<Reader> {
  if (spec.kind === 'several') {
    const { openSeveral } = await import('./merge/open.ts');
    return openSeveral(spec, (one) => openConnection(one, options));
  }
  const reader = await openSource(spec, options);
  const key = sourceKey(spec);
  if (options.cacheDirectory === undefined || key === undefined) return reader;
  const { CachedReader } = await import('./cache/reader.ts');
  return new CachedReader(reader, {
    directory: options.cacheDirectory,
    sourceKey: key,
    ...(options.cacheBytes === undefined ? {} : { maxBytes: options.cacheBytes }),
  });
}

async function openSource(spec: SingleConnection, options: OpenOptions): Promise<Reader> {
  switch (spec.kind) {
    case 'direct':
      return openDirect(spec, options.secrets);
    case 'grpc': {
      const { openGrpc } = await import('./grpc/open.ts');
      return openGrpc(spec, options.secrets);
    }
    case 'ssh': {
      const { openSsh } = await import('./ssh/open.ts');
      return openSsh(spec, options);
    }
    case 'snapshot': {
      const { openSnapshot } = await import('./snapshot/reader.ts');
      return openSnapshot(spec.path);
    }
  }
}

async function secret(
  secrets: Secrets,
  reference: string | undefined,
  what: string,
): Promise<string | undefined> {
  if (reference === undefined) return undefined;
  const value = await secrets.get(reference);
  if (value === undefined)
    throw new FailureError({
      code: 'unauthorized',
      tried: 'read a secret',
      target: what,
      reason: 'it is not in the key store',
      remedy: 'Enter it again in the connection.',
    });
  return value;
}

export async function openDirect(
  spec: Omit<DirectConnection, 'kind'>,
  secrets: Secrets,
  more: Partial<StoreReaderOptions> = {},
): Promise<StoreReader> {
  return new StoreReader({
    name: spec.clickhouseUrl || spec.prometheusUrl,
    kind: 'direct',
    ...(await directTransports(spec, secrets)),
    ...(spec.collectorUrl === undefined ? {} : { collector: spec.collectorUrl }),
    ...more,
  });
}

/** Rejects with FailureError when a secret is missing; connects to nothing yet. */
export async function directTransports(
  spec: Omit<DirectConnection, 'kind'>,
  secrets: Secrets,
): Promise<{ readonly sql: SqlTransport; readonly prometheus: PrometheusTransport }> {
  const password = await secret(secrets, spec.clickhousePasswordRef, 'ClickHouse password');
  const prometheus = {
    token: await secret(secrets, spec.prometheusTokenRef, 'Prometheus token'),
    password: await secret(secrets, spec.prometheusPasswordRef, 'Prometheus password'),
    tls: await tlsOf(secrets, spec.prometheusTls, 'Prometheus key'),
    headers: await headersOf(secrets, spec.prometheusHeaders),
  };
  const tls = await tlsOf(secrets, spec.clickhouseTls, 'ClickHouse key');
  return {
    sql:
      spec.clickhouseUrl === ''
        ? new NoSqlTransport()
        : new ClickHouseTransport({ url: spec.clickhouseUrl, user: spec.clickhouseUser, password, tls }),
    prometheus: new HttpPrometheusTransport({
      url: spec.prometheusUrl,
      user: spec.prometheusUser,
      ...prometheus,
    }),
  };
}

async function tlsOf(
  secrets: Secrets,
  tls: TlsSettings | undefined,
  what: string,
): Promise<ClientTls | undefined> {
  if (tls === undefined) return undefined;
  const { keyPassphraseRef, ...files } = tls;
  return { ...files, passphrase: await secret(secrets, keyPassphraseRef, `passphrase of the ${what}`) };
}

function headersOf(
  secrets: Secrets,
  headers: readonly ExtraHeader[] = [],
): Promise<{ readonly name: string; readonly value: string }[]> {
  return Promise.all(
    headers.map(async (header) => ({
      name: header.name,
      value:
        'value' in header
          ? header.value
          : ((await secret(secrets, header.valueRef, `header ${header.name}`)) ?? ''),
    })),
  );
}
