import { Worker } from 'node:worker_threads';
import { toFailure, type Failure } from '@gumshoe/base/failure';
import type { Table } from '@gumshoe/engine/ports';
import { answerSql } from './answer.ts';
import type { Plan } from './translate-query.ts';

/** What the process is asked: once. */
export interface SqlQuestion {
  readonly path: string;
  readonly plan: Plan;
  readonly maxRows: number;
  readonly timeoutMs: number;
}

export type SqlAnswer = { readonly table: Table } | { readonly failure: Failure };

/** Ends this process from a thread of its own, since SQLite keeps the first one busy: when time is over, and when nobody waits any more. */
const GUARD = `
  const { workerData: { parent, timeoutMs } } = require('node:worker_threads');
  const end = () => process.kill(process.pid, 'SIGKILL');
  setTimeout(end, timeoutMs);
  setInterval(() => process.ppid === parent || end(), 500);
`;

process.once('message', ({ path, plan, maxRows, timeoutMs }: SqlQuestion) => {
  new Worker(GUARD, { eval: true, workerData: { parent: process.ppid, timeoutMs } }).unref();
  process.send!(answer(path, plan, maxRows), () => process.disconnect());
});

function answer(path: string, plan: Plan, maxRows: number): SqlAnswer {
  try {
    return { table: answerSql(path, plan, maxRows) };
  } catch (error) {
    return { failure: toFailure(error, 'query the snapshot', path) };
  }
}
