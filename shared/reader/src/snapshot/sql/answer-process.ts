import { toFailure, type Failure } from '@gumshoe/base/failure';
import type { Table } from '@gumshoe/engine/ports';
import { answerSql } from './answer.ts';
import type { Plan } from './translate-query.ts';

/** What the process is asked: once. */
export interface SqlQuestion {
  readonly path: string;
  readonly plan: Plan;
  readonly maxRows: number;
}

export type SqlAnswer = { readonly table: Table } | { readonly failure: Failure };

process.once('message', ({ path, plan, maxRows }: SqlQuestion) => {
  process.send!(answer(path, plan, maxRows), () => process.disconnect());
});

function answer(path: string, plan: Plan, maxRows: number): SqlAnswer {
  try {
    return { table: answerSql(path, plan, maxRows) };
  } catch (error) {
    return { failure: toFailure(error, 'query the snapshot', path) };
  }
}
