// The part of ClickHouse's SQL that a snapshot answers, as a tree. `at` is a position in the query.

export type Expression =
  | { readonly kind: 'name'; readonly path: readonly string[]; readonly at: number }
  | { readonly kind: 'star'; readonly table?: string; readonly at: number }
  | { readonly kind: 'text' | 'number' | 'constant'; readonly text: string; readonly at: number }
  | { readonly kind: 'call'; readonly call: Call; readonly at: number }
  | { readonly kind: 'negated'; readonly operator: '-' | 'NOT'; readonly of: Expression; readonly at: number }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly at: number;
    }
  | { readonly kind: 'element'; readonly of: Expression; readonly key: Expression; readonly at: number }
  | { readonly kind: 'tuple'; readonly items: readonly Expression[]; readonly at: number }
  | { readonly kind: 'array'; readonly items: readonly Expression[]; readonly at: number }
  | {
      readonly kind: 'case';
      readonly of?: Expression;
      readonly branches: readonly { readonly when: Expression; readonly value: Expression }[];
      readonly otherwise?: Expression;
      readonly at: number;
    }
  | { readonly kind: 'interval'; readonly amount: Expression; readonly unit: string; readonly at: number }
  | {
      readonly kind: 'in';
      readonly of: Expression;
      readonly not: boolean;
      readonly among: Expression;
      readonly at: number;
    }
  | {
      readonly kind: 'between';
      readonly of: Expression;
      readonly not: boolean;
      readonly low: Expression;
      readonly high: Expression;
      readonly at: number;
    }
  | { readonly kind: 'null-test'; readonly of: Expression; readonly not: boolean; readonly at: number }
  | { readonly kind: 'query'; readonly query: Query; readonly at: number }
  | { readonly kind: 'named'; readonly of: Expression; readonly name: string; readonly at: number };

export interface Call {
  readonly name: string;
  /** Of `quantile(0.99)(Duration)`: 0.99. */
  readonly parameters: readonly Expression[];
  readonly args: readonly Expression[];
  readonly distinct: boolean;
}

export const COMPARISONS = ['=', '!=', '<', '<=', '>', '>='] as const;
export const LIKES = ['LIKE', 'NOT LIKE', 'ILIKE', 'NOT ILIKE'] as const;
export type BinaryOperator =
  (typeof COMPARISONS)[number] | (typeof LIKES)[number] | 'AND' | 'OR' | '||' | '+' | '-' | '*' | '/' | '%';

export const INTERVAL_UNITS = [
  ...['nanosecond', 'microsecond', 'millisecond', 'second', 'minute', 'hour', 'day', 'week'],
  ...['month', 'quarter', 'year'],
] as const;

export interface Query {
  readonly with: readonly { readonly name: string; readonly query: Query }[];
  /** Of `WITH expression AS name`. */
  readonly names: readonly Extract<Expression, { kind: 'named' }>[];
  /** One, or several put together by UNION. */
  readonly selects: readonly Select[];
  /** Between the selects. */
  readonly unions: readonly ('UNION ALL' | 'UNION')[];
}

/** One column of an answer; without a given name it is called as it is written. */
export interface Item {
  readonly of: Expression;
  readonly name: string;
  readonly named: boolean;
}

export interface Select {
  readonly distinct: boolean;
  readonly items: readonly Item[];
  readonly from?: Source;
  readonly joins: readonly Join[];
  readonly where?: Expression;
  readonly groupBy: readonly Expression[];
  readonly having?: Expression;
  readonly orderBy: readonly Order[];
  readonly limit?: Expression;
  readonly offset?: Expression;
}

export interface Order {
  readonly of: Expression;
  readonly descending: boolean;
  readonly nulls?: 'FIRST' | 'LAST';
}

export interface Source {
  readonly table?: readonly string[];
  readonly query?: Query;
  readonly alias?: string;
  readonly at: number;
}

export interface Join {
  readonly kind: 'INNER' | 'LEFT' | 'CROSS' | 'RIGHT' | 'FULL';
  readonly source: Source;
  readonly on?: Expression;
  readonly using?: readonly string[];
}
