import { FailureError } from '@gumshoe/base/failure';

/** What a person waits for before taking a source for dead; a slow bastion and its stores answer sooner. */
export const ANSWER_LIMIT_MS = 40_000;

/**
 * Does `work` with a signal that also ends after `limit` ms, and rejects then, whether or not the work heeds it: a
 * server that accepts connections and never answers must not look like one that is slow.
 */
export async function answerWithin<T>(
  target: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  limit = ANSWER_LIMIT_MS,
): Promise<T> {
  const controller = new AbortController();
  const working = work(AbortSignal.any([signal, controller.signal]));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(noAnswer(target, limit));
      controller.abort();
    }, limit);
  });
  try {
    return await Promise.race([working, late]);
  } finally {
    clearTimeout(timer);
  }
}

const noAnswer = (target: string, limit: number): FailureError =>
  new FailureError({
    code: 'timeout',
    tried: 'open the connection to',
    target,
    reason: `no answer within ${limit / 1000} s`,
    remedy:
      'Something accepts connections there and does not answer, or a firewall swallows them: check address and port, and how busy the server is.',
  });
