import { FailureError } from '@gumshoe/base/failure';
import type { Reader, SshConnection } from '@gumshoe/engine/ports';
import { directTransports, type OpenOptions } from '../open.ts';
import { StoreReader } from '../store/reader.ts';
import { Forward } from './forward.ts';
import { SshSession } from './session.ts';
import { TunnelledPrometheus, TunnelledSql } from './tunnelled.ts';

/** Reads the stores behind an SSH server. Rejects with FailureError when the server does not let us in. */
export async function openSsh(spec: SshConnection, options: OpenOptions): Promise<Reader> {
  const clickhouse = innerAddress(spec.inner.clickhouseUrl);
  const prometheus = innerAddress(spec.inner.prometheusUrl);
  const session = new SshSession(spec, options);
  const forwards: Forward[] = [];
  const close = async (): Promise<void> => {
    await Promise.allSettled(forwards.map((forward) => forward.close()));
    session.close();
  };
  try {
    await session.connect();
    const toClickhouse = await Forward.open(session, clickhouse.host, clickhouse.port);
    forwards.push(toClickhouse);
    const toPrometheus = await Forward.open(session, prometheus.host, prometheus.port);
    forwards.push(toPrometheus);
    const stores = await directTransports(
      {
        ...spec.inner,
        clickhouseUrl: outerUrl(spec.inner.clickhouseUrl, toClickhouse.localPort),
        prometheusUrl: outerUrl(spec.inner.prometheusUrl, toPrometheus.localPort),
      },
      options.secrets,
    );
    return new StoreReader({
      name: `${session.target} → ${spec.inner.clickhouseUrl}`,
      kind: 'ssh',
      sql: new TunnelledSql(stores.sql, { forward: toClickhouse, innerUrl: spec.inner.clickhouseUrl }),
      prometheus: new TunnelledPrometheus(stores.prometheus, {
        forward: toPrometheus,
        innerUrl: spec.inner.prometheusUrl,
      }),
      hops: async () => [await session.check()],
      onClose: close,
    });
  } catch (error) {
    await close();
    throw error;
  }
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function innerAddress(url: string): Address {
  const wrong = (reason: string, remedy: string): FailureError =>
    new FailureError({ code: 'invalid-input', tried: 'open a tunnel', target: url, reason, remedy });
  if (!URL.canParse(url)) throw wrong('it is not a URL', 'Give http://host:port as the SSH server sees it.');
  const { protocol, hostname, port } = new URL(url);
  // The certificate names the inner host, and we would connect to our own loopback.
  if (protocol !== 'http:')
    throw wrong('only http:// goes through a tunnel', 'Give the http:// address: SSH encrypts the way.');
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) };
}

function outerUrl(url: string, port: number): string {
  const outer = new URL(url);
  outer.hostname = '127.0.0.1';
  outer.port = String(port);
  return outer.href.replace(/\/$/, '');
}
