/**
 * The one shape of an error that a user may see: what was tried, on what, why it failed, what to do.
 * It survives structured cloning and JSON, so it crosses processes unchanged.
 */
export interface Failure {
  /** Stable, machine-readable: `unreachable`, `unauthorized`, `not-supported`, … */
  readonly code: FailureCode;
  /** What was tried: "query ClickHouse". */
  readonly tried: string;
  /** On what: an address, a file, an expression. Never a secret. */
  readonly target: string;
  /** The reason in the words of whoever refused. */
  readonly reason: string;
  /** What the user can do next. */
  readonly remedy?: string;
}

export type FailureCode =
  | 'unreachable'
  | 'refused'
  | 'timeout'
  | 'unauthorized'
  | 'host-key-unknown'
  | 'host-key-changed'
  | 'wrong-server'
  | 'invalid-input'
  | 'not-supported'
  | 'not-found'
  | 'limit-exceeded'
  | 'corrupt'
  | 'cancelled'
  | 'internal';

/** Thrown where a value cannot be returned; carries the same facts. */
export class FailureError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, options?: ErrorOptions) {
    super(describeFailure(failure), options);
    this.name = 'FailureError';
    this.failure = failure;
  }
}

export function describeFailure(failure: Failure): string {
  const remedy = failure.remedy ? ` ${failure.remedy}` : '';
  return `${failure.tried} (${failure.target}): ${failure.reason.replace(/[\s.]+$/, '')}.${remedy}`;
}

/** Any thrown value as a Failure; a FailureError keeps its own. */
export function toFailure(thrown: unknown, tried: string, target: string): Failure {
  if (thrown instanceof FailureError) return thrown.failure;
  const reason = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return { code: 'internal', tried, target, reason };
}
