import { FailureError, type Failure } from '@gumshoe/base/failure';
import type { HttpAnswer } from './http-client.ts';
import { saysTooLarge } from './limits.ts';
import { retryAfter } from './retry.ts';

/** The envelope of the HTTP API. */
export interface Answer {
  readonly status?: string;
  readonly data?: unknown;
  readonly error?: string;
  readonly errorType?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** Why a server did not answer, from its status and words; `body` is undefined where it is not the API's. */
export function refusal(
  answer: HttpAnswer,
  body: Answer | undefined,
  tried: string,
  target: string,
): FailureError {
  const { status } = answer;
  const text = answer.body.toString('utf8', 0, 300).replace(/\s+/g, ' ').trim();
  const said = body?.status === 'error' ? `${body.errorType}: ${body.error}` : undefined;
  return new FailureError({ tried, target, ...reasonOf(answer, status, body, said, text) });
}

function reasonOf(
  answer: HttpAnswer,
  status: number,
  body: Answer | undefined,
  said: string | undefined,
  text: string,
): Omit<Failure, 'tried' | 'target'> {
  if (status === 401 || status === 403)
    return {
      code: 'unauthorized',
      reason: `HTTP status ${status}${said === undefined ? '' : `, ${said}`}`,
      remedy: 'Check the token, or the user and password, and which tenant the headers name.',
    };
  if (status === 429 || (status === 503 && body?.errorType !== 'timeout'))
    return busy(answer, said ?? text.slice(0, 100));
  if (saysTooLarge(said ?? text) && status >= 400)
    return {
      code: 'limit-exceeded',
      reason: said ?? text,
      remedy: "Narrow the window or the query, or raise the server's limit.",
    };
  if (said !== undefined) return { code: codeOf(body?.errorType), reason: said };
  return {
    code: 'wrong-server',
    reason: `HTTP status ${status}, and the answer is not Prometheus's: ${text.slice(0, 100)}`,
    remedy: 'Give the address of a Prometheus-compatible API (port 9090), with its path prefix.',
  };
}

function codeOf(errorType: string | undefined): Failure['code'] {
  if (errorType === 'timeout') return 'timeout';
  return errorType === 'canceled' ? 'cancelled' : 'invalid-input';
}

function busy(answer: HttpAnswer, said: string): Omit<Failure, 'tried' | 'target'> {
  const wait = retryAfter(answer);
  const later = wait === undefined ? '' : `, to be asked again in ${Math.ceil(wait / 1000)} s`;
  return {
    code: 'refused',
    reason: `the server is busy: HTTP status ${answer.status}${later}: ${said}`,
    remedy: 'Wait, or ask for less.',
  };
}

/** Credentials do not follow where a server points. */
export function redirection({ status, headers }: HttpAnswer, tried: string, target: string): FailureError {
  const where = headers.location ?? 'elsewhere';
  return new FailureError({
    code: 'wrong-server',
    tried,
    target,
    reason: `HTTP status ${status}: it points to ${where.split('?')[0]}`,
    remedy: 'Give the address that answers itself.',
  });
}
