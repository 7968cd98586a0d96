import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FailureError } from '@gumshoe/base/failure';
import type { SqlLimits, Table } from '@gumshoe/engine/ports';
import type { SqlAnswer, SqlQuestion } from './answer-process.ts';
import { listing } from './listing.ts';
import { planQuery } from './translate-query.ts';

const ENTRY = fileURLToPath(new URL('./answer-process.ts', import.meta.url));
/** MiB of the heap of a query; what SQLite sorts goes to disk beyond 16 MiB. */
const MAX_HEAP = 1536;

export interface SqlSource {
  readonly path: string;
  /** ms: what `now()` says. */
  readonly now: number;
}

/**
 * Asks a snapshot in SQL, in a process of its own: SQLite cannot be interrupted, a process can be ended.
 * Rejects with FailureError: `invalid-input`, `corrupt`, `timeout`, `cancelled`, `limit-exceeded`.
 */
export async function askSql(
  { path, now }: SqlSource,
  query: string,
  { maxRows, timeoutMs }: SqlLimits,
  signal?: AbortSignal,
): Promise<Table> {
  const failed = (
    code: 'timeout' | 'cancelled' | 'limit-exceeded',
    reason: string,
    remedy: string,
  ): FailureError => new FailureError({ code, tried: 'query the snapshot', target: path, reason, remedy });
  const cancelled = (): FailureError => failed('cancelled', 'it was cancelled', 'Run it again.');
  if (signal?.aborted) throw cancelled();
  const listed = listing(query);
  if (listed) return listed;
  const plan = planQuery(query, now);
  const child = fork(ENTRY, [], {
    execArgv: [`--max-old-space-size=${MAX_HEAP}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return new Promise<Table>((done, fail) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      child.removeAllListeners();
      // an error of sending to a process that was just ended is of no interest
      child.on('error', () => undefined);
      child.kill('SIGKILL');
      settle();
    };
    const abort = (): void => end(() => fail(cancelled()));
    const timer = setTimeout(
      () =>
        end(() =>
          fail(
            failed(
              'timeout',
              `no answer within ${timeoutMs / 1000} s`,
              'Narrow the time or the metric in WHERE.',
            ),
          ),
        ),
      timeoutMs,
    );
    signal?.addEventListener('abort', abort);
    child.once('message', (answer: SqlAnswer) =>
      end(() => ('table' in answer ? done(answer.table) : fail(new FailureError(answer.failure)))),
    );
    child.once('error', (error) => end(() => fail(error)));
    child.once('exit', () =>
      end(() =>
        fail(
          failed(
            'limit-exceeded',
            'the query ended without an answer: it took too much memory',
            'Narrow it, or group by less.',
          ),
        ),
      ),
    );
    const question: SqlQuestion = { path: resolve(path), plan, maxRows, timeoutMs };
    child.send(question);
  });
}
