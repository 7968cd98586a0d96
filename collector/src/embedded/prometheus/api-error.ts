import { FailureError } from '@gumshoe/base/failure';

/** errorType of Prometheus's API. */
export type ErrorType = 'bad_data' | 'execution' | 'timeout' | 'internal' | 'not_found' | 'unavailable';

const STATUS: Readonly<Record<ErrorType, number>> = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  unavailable: 503,
  internal: 500,
  not_found: 404,
};

export class ApiError extends Error {
  readonly type: ErrorType;
  constructor(type: ErrorType, message: string) {
    super(message);
    this.name = 'ApiError';
    this.type = type;
  }

  get status(): number {
    return STATUS[this.type];
  }
}

/** `phase` tells a refused expression (400) from one that failed on its data (422), as Prometheus does. */
export function toApiError(thrown: unknown, phase: 'parse' | 'execution'): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof FailureError) {
    const { code, reason } = thrown.failure;
    if (code === 'internal') return new ApiError('internal', reason);
    return new ApiError(phase === 'parse' ? 'bad_data' : 'execution', reason);
  }
  return new ApiError('internal', thrown instanceof Error ? thrown.message : String(thrown));
}
