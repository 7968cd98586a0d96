import type { Expr } from '../parser/ast.ts';
import { stepsOfAny } from './match-groups.ts';
import { column, type Column } from './values.ts';

/**
 * 1 at steps where nothing is. Labels are those that the selector fixes by one equality (Prometheus,
 * promql/functions.go createLabelsForAbsentFunction).
 */
export function absent(columns: readonly Column[], expr: Expr, points: number): readonly Column[] {
  const there = stepsOfAny(columns, points);
  if (!there.includes(0)) return [];
  const made = column(fixedLabels(expr), points);
  for (let i = 0; i < points; i++) if (there[i] === 0) made.present[i] = made.values[i] = 1;
  return [made];
}

function fixedLabels(expr: Expr): Record<string, string> {
  const labels: Record<string, string> = {};
  const matchers = expr.type === 'selector' ? expr.matchers : [];
  const seen = new Set<string>();
  for (const { name, op, value } of matchers) {
    if (name === '__name__') continue;
    if (op === '=' && !seen.has(name)) {
      if (value !== '') labels[name] = value;
    } else delete labels[name];
    seen.add(name);
  }
  return labels;
}
