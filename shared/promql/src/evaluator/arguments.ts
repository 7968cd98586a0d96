import type { CallNode, Expr } from '../parser/ast.ts';
import { evaluationError } from './values.ts';

/** The argument that checkTypes found to be there. */
export function argument(node: CallNode, index: number): Expr {
  const found = node.args[index];
  if (!found) throw evaluationError(node, `${node.name} needs at least ${index + 1} arguments`);
  return found;
}
