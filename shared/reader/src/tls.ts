import { readFileSync } from 'node:fs';
import { Agent, type AgentOptions } from 'node:https';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { FailureError } from '@gumshoe/base/failure';

/** Certificates by file; the passphrase itself, which is why this never leaves the process. */
export interface ClientTls {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly passphrase?: string | undefined;
  readonly serverName?: string | undefined;
}

/** @throws FailureError when a certificate or key cannot be read or does not fit. */
export const secureAgent = (tls: ClientTls | undefined, options: AgentOptions): Agent =>
  new Agent({ ...options, ...tlsOptions(tls) });

function tlsOptions(tls: ClientTls | undefined): SecureContextOptions & { readonly servername?: string } {
  if (tls === undefined) return {};
  const options = {
    ...(tls.caFile === undefined ? {} : { ca: pem(tls.caFile) }),
    ...(tls.certFile === undefined ? {} : { cert: pem(tls.certFile) }),
    ...(tls.keyFile === undefined ? {} : { key: pem(tls.keyFile) }),
    ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new FailureError({
      code: 'invalid-input',
      tried: 'use the certificates of a connection',
      target: [tls.caFile, tls.certFile, tls.keyFile].filter((file) => file !== undefined).join(', '),
      reason: error instanceof Error ? error.message : String(error),
      remedy: 'They must be PEM, the key that of the certificate, and its passphrase right.',
    });
  }
  return { ...options, ...(tls.serverName === undefined ? {} : { servername: tls.serverName }) };
}

function pem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new FailureError({
      code: 'not-found',
      tried: 'read a certificate or key',
      target: file,
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}
