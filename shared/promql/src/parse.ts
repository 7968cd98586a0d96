export { parsePromql } from './parser/lezer.ts';
export { timingOf, type Timing } from './parser/durations.ts';
export type { Expr } from './parser/ast.ts';
