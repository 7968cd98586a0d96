import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { FailureError, toFailure, type Failure, type FailureCode } from '@gumshoe/base/failure';
import { FAILURE_TRAILER } from './contract.ts';

const STATUS: Readonly<Record<FailureCode, status>> = {
  unreachable: status.UNAVAILABLE,
  refused: status.UNAVAILABLE,
  timeout: status.DEADLINE_EXCEEDED,
  unauthorized: status.UNAUTHENTICATED,
  'host-key-unknown': status.FAILED_PRECONDITION,
  'host-key-changed': status.FAILED_PRECONDITION,
  'wrong-server': status.FAILED_PRECONDITION,
  'invalid-input': status.INVALID_ARGUMENT,
  'not-supported': status.PERMISSION_DENIED,
  'not-found': status.NOT_FOUND,
  'limit-exceeded': status.RESOURCE_EXHAUSTED,
  corrupt: status.DATA_LOSS,
  cancelled: status.CANCELLED,
  internal: status.INTERNAL,
};
/** Header blocks are small; a store's message may not be. */
const LONGEST_REASON = 1000;

/** Anything thrown as the error of a call, with its Failure in the trailer. */
export function serviceError(thrown: unknown, tried: string, target: string): Partial<ServiceError> {
  const whole = toFailure(thrown, tried, target);
  const failure: Failure = { ...whole, reason: whole.reason.slice(0, LONGEST_REASON) };
  const metadata = new Metadata();
  metadata.set(FAILURE_TRAILER, Buffer.from(JSON.stringify(failure)));
  return { code: STATUS[failure.code], details: `${failure.tried}: ${failure.code}`, metadata };
}

export function failed(
  code: FailureCode,
  tried: string,
  target: string,
  reason: string,
  remedy?: string,
): FailureError {
  return new FailureError({ code, tried, target, reason, ...(remedy === undefined ? {} : { remedy }) });
}

/** What a request that never got an answer ended on. */
export function transportFailure(error: unknown, tried: string, target: string): FailureError {
  if (error instanceof FailureError) return error;
  let cause = error instanceof Error ? error : new Error(String(error));
  for (let depth = 0; depth < 5 && cause.cause instanceof Error; depth++) cause = cause.cause;
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) cause = cause.errors[0];
  const code = 'code' in cause ? String(cause.code) : '';
  const remedy = "Check the address in the collector's configuration, and that the store runs.";
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET')
    return failed('refused', tried, target, cause.message, remedy);
  // A caller that gives up gets no answer, so what was aborted ran out of time.
  if (cause.name === 'TimeoutError' || /timeout|timed out|aborted/i.test(cause.message))
    return failed('timeout', tried, target, cause.message, 'Narrow the window.');
  return failed('unreachable', tried, target, cause.message, remedy);
}
