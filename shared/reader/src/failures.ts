import { FailureError, type Failure, type FailureCode } from '@gumshoe/base/failure';

/** A failed connection in the words of whoever refused it. */
export function connectionFailure(error: unknown, tried: string, target: string): FailureError {
  if (error instanceof FailureError) return error;
  const cause = rootCause(error);
  const code = codeOf(cause);
  return new FailureError(
    { code, tried, target, reason: cause.message || cause.name, ...remedyOf(code) },
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
};

function codeOf(error: Error & { readonly code?: string }): FailureCode {
  if (error.name === 'AbortError') return 'cancelled';
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
    case 'wrong-server':
      return { remedy: 'Something else answers at this address.' };
    default:
      return {};
  }
}

export const cancelled = (tried: string, target: string): FailureError =>
  new FailureError({ code: 'cancelled', tried, target, reason: 'cancelled' });
