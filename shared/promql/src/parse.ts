export { parsePromql } from './parser/lezer.ts';
export type { Expr } from './parser/ast.ts';
