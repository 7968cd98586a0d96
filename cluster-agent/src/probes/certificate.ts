import { TLSSocket, type PeerCertificate } from 'node:tls';
import { CERTIFICATE_METRICS } from '@gumshoe/schema/metrics/certificates';
import type { ProbeContext } from './define.ts';

/** The certificate a server showed on this connection; undefined for a connection in clear. */
export const certificateOf = (socket: unknown): PeerCertificate | undefined =>
  socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined;

/** When the certificate of a probed server ends. */
export function emitCertificate(context: ProbeContext, certificate: PeerCertificate | undefined): void {
  const expires = Date.parse(certificate?.valid_to ?? '');
  if (!Number.isFinite(expires)) return;
  const name: unknown = certificate?.subject?.CN;
  context.emit(CERTIFICATE_METRICS.tlsTarget, expires / 1000, {
    subject: typeof name === 'string' ? name : '',
  });
}
