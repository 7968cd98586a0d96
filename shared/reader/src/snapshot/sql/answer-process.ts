import { toFailure, type Failure } from '@gumshoe/base/failure';
import type { Table } from '@gumshoe/engine/ports';
import { answerSql } from './answer.ts';

/** What the process is asked: once. */
export interface SqlQuestion {
  readonly path: string;
  readonly query: string;
  readonly maxRows: number;
}

export type SqlAnswer = { readonly table: Table } | { readonly failure: Failure };

process.once('message', ({ path, query, maxRows }: SqlQuestion) => {
  process.send!(answer(path, query, maxRows), () => process.disconnect());
});

function answer(path: string, query: string, maxRows: number): SqlAnswer {
  try {
    return { table: answerSql(path, query, maxRows) };
  } catch (error) {
    return { failure: toFailure(error, 'query the snapshot', path) };
  }
}
