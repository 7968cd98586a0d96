import type { Matcher } from '../matchers.ts';

/** Where a node stands in the query text: characters from zero, line and column of the first one from one. */
export interface Position {
  readonly from: number;
  readonly to: number;
  readonly line: number;
  readonly column: number;
}

/** `at` in ms since the epoch, or the start or end of the query. */
export type AtModifier = number | 'start' | 'end';

export interface SelectorNode extends Position {
  readonly type: 'selector';
  readonly matchers: readonly Matcher[];
  /** ms */
  readonly offset: number;
  readonly at?: AtModifier;
  /** ms; a range vector when given */
  readonly range?: number;
  /** Experimental modifiers that look beyond the edges of the range. */
  readonly extension?: 'anchored' | 'smoothed';
}

export interface SubqueryNode extends Position {
  readonly type: 'subquery';
  readonly expr: Expr;
  /** ms */
  readonly range: number;
  readonly step?: number;
  readonly offset: number;
  readonly at?: AtModifier;
}

export interface CallNode extends Position {
  readonly type: 'call';
  readonly name: string;
  readonly args: readonly Expr[];
}

export interface AggregationNode extends Position {
  readonly type: 'aggregation';
  readonly op: string;
  readonly expr: Expr;
  readonly parameter?: Expr;
  readonly grouping: readonly string[];
  readonly without: boolean;
}

export interface BinaryNode extends Position {
  readonly type: 'binary';
  readonly op: string;
  readonly left: Expr;
  readonly right: Expr;
  readonly bool: boolean;
  /** Where the operator stands, in characters. */
  readonly operatorFrom: number;
  readonly matching?: VectorMatching;
}

export interface VectorMatching {
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly group?: 'left' | 'right';
  readonly include: readonly string[];
  /** Values that stand in for a side without a partner (`fill`, `fill_left`, `fill_right`). */
  readonly fill?: { readonly left?: number; readonly right?: number };
}

export interface UnaryNode extends Position {
  readonly type: 'unary';
  readonly op: '+' | '-';
  readonly expr: Expr;
}

export interface NumberNode extends Position {
  readonly type: 'number';
  readonly value: number;
}

export interface StringNode extends Position {
  readonly type: 'string';
  readonly value: string;
}

export type Expr =
  SelectorNode | SubqueryNode | CallNode | AggregationNode | BinaryNode | UnaryNode | NumberNode | StringNode;
