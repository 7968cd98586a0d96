import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Has `close` run when this process is asked to end, and ends with the exit code that shells give for the signal. */
export function closeWhenInterrupted(close: () => Promise<void>): void {
  for (const signal of SIGNALS)
    process.once(signal, () => void close().finally(() => process.exit(128 + constants.signals[signal])));
}
