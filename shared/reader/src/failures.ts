import { FailureError, type Failure, type FailureCode } from '@gumshoe/base/failure';

/** A failed connection in the words of whoever refused it. */
export function connectionFailure(error: unknown, tried: string, target: string): FailureError {
  if (error instanceof FailureError) return error;
  const cause = rootCause(error);
  const code = codeOf(cause);
  const remedy = UNTRUSTED.test(cause.code ?? '')
    ? { remedy: "Name the PEM file of the authority that signed the server's certificate in the connection." }
    : cause.code === 'ECONNRESET'
      ? { remedy: 'The connection ended before the answer did: look at the server, and at what is between.' }
      : remedyOf(code);
  return new FailureError(
    { code, tried, target, reason: cause.message || cause.name, ...remedy },
    { cause: error },
  );
}

function rootCause(error: unknown): Error & { readonly code?: string } {
  let current = error instanceof Error ? error : new Error(String(error));
  for (let depth = 0; depth < 5 && current.cause instanceof Error; depth++) current = current.cause;
  if (current instanceof AggregateError && current.errors[0] instanceof Error) current = current.errors[0];
  return current;
}

const CODES: Readonly<Record<string, FailureCode>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'refused',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  HPE_INVALID_CONSTANT: 'wrong-server',
  ERR_INVALID_PROTOCOL: 'wrong-server',
  EPROTO: 'wrong-server',
  ERR_SSL_WRONG_VERSION_NUMBER: 'wrong-server',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'wrong-server',
};

/** Names of TLS's verification errors (OpenSSL, X509_V_ERR_*), and of Node's own check of the name. */
const UNTRUSTED = /^(ERR_TLS_CERT_|CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY))/;
/** The server's alert when it wants a certificate of ours, or another one. */
const ASKS_CERTIFICATE =
  /alert (certificate required|bad certificate|unknown ca|certificate unknown|handshake failure)/i;

function codeOf(error: Error & { readonly code?: string }): FailureCode {
  if (error.name === 'AbortError') return 'cancelled';
  if (ASKS_CERTIFICATE.test(error.message)) return 'unauthorized';
  if (UNTRUSTED.test(error.code ?? '')) return 'wrong-server';
  if (error.name === 'TimeoutError' || /timeout|timed out/i.test(error.message)) return 'timeout';
  return CODES[error.code ?? ''] ?? 'unreachable';
}

function remedyOf(code: FailureCode): Pick<Failure, 'remedy'> {
  switch (code) {
    case 'refused':
      return {
        remedy: 'Nothing accepts connections there: check the address and port, and that the server runs.',
      };
    case 'unreachable':
      return { remedy: 'Check the host name, and the network or tunnel to it.' };
    case 'timeout':
      return { remedy: 'The server did not answer in time: try a shorter window, or check its load.' };
    case 'unauthorized':
      return { remedy: 'The server asks for a client certificate that it trusts: name one and its key.' };
    case 'wrong-server':
      return { remedy: 'Something else answers at this address.' };
    default:
      return {};
  }
}

export const cancelled = (tried: string, target: string): FailureError =>
  new FailureError({ code: 'cancelled', tried, target, reason: 'cancelled' });
