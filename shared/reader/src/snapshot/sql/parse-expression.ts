import type { Cursor } from './cursor.ts';
import { INTERVAL_UNITS, type BinaryOperator, type Call, type Expression } from './syntax.ts';

/** Reads a query in parentheses, or undefined where none begins. */
export type QueryParser = (cursor: Cursor) => Expression | undefined;

/** Binding powers of binary operators, as ClickHouse has them. */
const POWERS: Readonly<Record<string, readonly [number, BinaryOperator]>> = {
  OR: [1, 'OR'],
  AND: [2, 'AND'],
  '=': [4, '='],
  '==': [4, '='],
  '!=': [4, '!='],
  '<>': [4, '!='],
  '<': [4, '<'],
  '<=': [4, '<='],
  '>': [4, '>'],
  '>=': [4, '>='],
  LIKE: [4, 'LIKE'],
  ILIKE: [4, 'ILIKE'],
  '||': [5, '||'],
  '+': [6, '+'],
  '-': [6, '-'],
  '*': [7, '*'],
  '/': [7, '/'],
  '%': [7, '%'],
};
const [NOT_POWER, COMPARISON, UNARY] = [3, 4, 8];

/** Expressions, by precedence climbing. */
export class ExpressionParser {
  readonly #cursor: Cursor;
  readonly #subquery: QueryParser;

  constructor(cursor: Cursor, subquery: QueryParser) {
    this.#cursor = cursor;
    this.#subquery = subquery;
  }

  /** With the name that may follow: `expression [AS] name`. */
  item(): Expression {
    const of = this.expression();
    const { start: at } = this.#cursor.peek();
    const name = this.#cursor.alias();
    return name === undefined ? of : { kind: 'named', of, name, at };
  }

  expression(): Expression {
    const condition = this.#binary(0);
    const { start: at } = this.#cursor.peek();
    if (!this.#cursor.symbol('?')) return condition;
    const yes = this.expression();
    this.#cursor.expect(':');
    return { kind: 'case', branches: [{ when: condition, value: yes }], otherwise: this.expression(), at };
  }

  #binary(least: number): Expression {
    return this.#cursor.nested(() => {
      let left = this.#unary();
      for (;;) {
        const longer = this.#after(left, least);
        if (longer === undefined) return left;
        left = longer;
      }
    });
  }

  /** `left` with the operator that follows it, where there is one that binds more than `least`. */
  #after(left: Expression, least: number): Expression | undefined {
    const cursor = this.#cursor;
    const { start: at, text, kind } = cursor.peek();
    if (least < COMPARISON) {
      const test = this.#test(left);
      if (test) return test;
    }
    const operator = kind === 'word' || kind === 'symbol' ? POWERS[text.toUpperCase()] : undefined;
    if (operator === undefined || operator[0] <= least) return undefined;
    cursor.next();
    return { kind: 'binary', operator: operator[1], left, right: this.#binary(operator[0]), at };
  }

  /** IS NULL, IN, BETWEEN and NOT LIKE. */
  #test(of: Expression): Expression | undefined {
    const cursor = this.#cursor;
    const { start: at } = cursor.peek();
    if (cursor.words('IS', 'NOT', 'NULL')) return { kind: 'null-test', of, not: true, at };
    if (cursor.words('IS', 'NULL')) return { kind: 'null-test', of, not: false, at };
    cursor.words('GLOBAL');
    const not = cursor.words('NOT');
    if (cursor.words('IN')) return { kind: 'in', of, not, among: this.#binary(COMPARISON), at };
    if (cursor.words('BETWEEN')) {
      const low = this.#binary(COMPARISON);
      cursor.expect('AND');
      return { kind: 'between', of, not, low, high: this.#binary(COMPARISON), at };
    }
    for (const like of ['LIKE', 'ILIKE'] as const)
      if (not && cursor.words(like))
        return { kind: 'binary', operator: `NOT ${like}`, left: of, right: this.#binary(COMPARISON), at };
    if (not) throw cursor.unexpected('IN, BETWEEN or LIKE');
    return undefined;
  }

  #unary(): Expression {
    const { start: at } = this.#cursor.peek();
    if (this.#cursor.words('NOT'))
      return { kind: 'negated', operator: 'NOT', of: this.#binary(NOT_POWER), at };
    if (this.#cursor.symbol('-')) return { kind: 'negated', operator: '-', of: this.#binary(UNARY), at };
    let of = this.#primary();
    for (;;) {
      const { start } = this.#cursor.peek();
      if (this.#cursor.symbol('[')) {
        const key = this.expression();
        this.#cursor.expect(']');
        of = { kind: 'element', of, key, at: start };
      } else if (this.#cursor.symbol('::')) of = this.#castTo(of, start);
      else return of;
    }
  }

  #primary(): Expression {
    const cursor = this.#cursor;
    const { kind, text, start: at } = cursor.peek();
    if (kind === 'number' || kind === 'text') {
      cursor.next();
      return { kind, text, at };
    }
    if (cursor.symbol('*')) return { kind: 'star', at };
    if (cursor.symbol('[')) return { kind: 'array', items: this.#itemsUntil(']'), at };
    if (cursor.isSymbol('(')) return this.#parenthesised(at);
    if (kind === 'word') {
      const special = this.#special(text.toUpperCase(), at);
      if (special) return special;
      if (cursor.isSymbol('(', 1)) {
        cursor.next();
        return { kind: 'call', call: this.#call(text), at };
      }
    }
    return this.#named(at);
  }

  #parenthesised(at: number): Expression {
    const query = this.#subquery(this.#cursor);
    if (query) return query;
    this.#cursor.expect('(');
    const items = this.#itemsUntil(')');
    return items.length === 1 ? items[0]! : { kind: 'tuple', items, at };
  }

  #itemsUntil(end: string): Expression[] {
    if (this.#cursor.symbol(end)) return [];
    const items = this.#cursor.list(() => this.item());
    this.#cursor.expect(end);
    return items;
  }

  /** Words that are no names. */
  #special(word: string, at: number): Expression | undefined {
    const cursor = this.#cursor;
    if (word === 'NULL' || word === 'TRUE' || word === 'FALSE') {
      cursor.next();
      return { kind: 'constant', text: word, at };
    }
    if (word === 'CASE') return this.#case(at);
    if (word === 'CAST' && cursor.isSymbol('(', 1)) return this.#cast(at);
    if (word === 'EXISTS' && cursor.isSymbol('(', 1))
      throw cursor.unsupported('EXISTS', 'Write `x IN (SELECT …)`, or join.');
    if (word === 'INTERVAL' && !cursor.isSymbol('(', 1)) return this.#interval(at);
    return undefined;
  }

  #case(at: number): Expression {
    const cursor = this.#cursor;
    cursor.expect('CASE');
    const of = cursor.isWord('WHEN') ? undefined : this.expression();
    const branches: { when: Expression; value: Expression }[] = [];
    while (cursor.words('WHEN')) {
      const when = this.expression();
      cursor.expect('THEN');
      branches.push({ when, value: this.expression() });
    }
    if (branches.length === 0) throw cursor.unexpected('WHEN');
    const otherwise = cursor.words('ELSE') ? this.expression() : undefined;
    cursor.expect('END');
    return { kind: 'case', branches, at, ...(of ? { of } : {}), ...(otherwise ? { otherwise } : {}) };
  }

  #cast(at: number): Expression {
    const cursor = this.#cursor;
    cursor.expect('CAST');
    cursor.expect('(');
    const of = this.expression();
    if (cursor.words('AS')) {
      const cast = this.#castTo(of, at);
      cursor.expect(')');
      return cast;
    }
    cursor.expect(',');
    const { kind, text } = cursor.next();
    if (kind !== 'text') throw cursor.unexpected('a type in quotes');
    cursor.expect(')');
    return this.#conversion(of, text, at);
  }

  #castTo(of: Expression, at: number): Expression {
    const type = this.#cursor.expectName();
    if (this.#cursor.symbol('(')) this.#itemsUntil(')');
    return this.#conversion(of, type, at);
  }

  #conversion(of: Expression, type: string, at: number): Expression {
    const name = `to${type.replace(/\(.*$/, '').trim()}`;
    const precision: Expression[] = name === 'toDateTime64' ? [{ kind: 'number', text: '9', at }] : [];
    return { kind: 'call', at, call: { name, parameters: [], args: [of, ...precision], distinct: false } };
  }

  /** `INTERVAL 5 MINUTE`, or `INTERVAL '5 minutes'`. */
  #interval(at: number): Expression {
    const cursor = this.#cursor;
    cursor.expect('INTERVAL');
    const { kind, text } = cursor.peek();
    const both = kind === 'text' ? /^\s*(-?\d+)\s*([a-z]+)\s*$/i.exec(text) : undefined;
    if (both) {
      cursor.next();
      const amount: Expression = { kind: 'number', text: both[1]!, at };
      return { kind: 'interval', amount, unit: this.#unit(both[2]!), at };
    }
    const amount = this.#binary(UNARY - 1);
    const { text: unit } = cursor.next();
    return { kind: 'interval', amount, unit: this.#unit(unit), at };
  }

  #unit(text: string): string {
    const unit = text.toLowerCase().replace(/s$/, '');
    if (!(INTERVAL_UNITS as readonly string[]).includes(unit))
      throw this.#cursor.error(`${text} is no unit of an interval`, {
        remedy: `One of ${INTERVAL_UNITS.join(', ')}.`,
      });
    return unit;
  }

  #call(name: string): Call {
    const cursor = this.#cursor;
    cursor.expect('(');
    const distinct = cursor.words('DISTINCT');
    const first = this.#itemsUntil(')');
    const parametric = !distinct && cursor.symbol('(');
    const inner = parametric && cursor.words('DISTINCT');
    const args = parametric ? this.#itemsUntil(')') : first;
    if (cursor.isWord('OVER'))
      throw cursor.unsupported('a window function (OVER)', 'Group by a time instead.');
    if (cursor.isSymbol('->')) throw cursor.unsupported('a lambda (->)', 'Use what SHOW FUNCTIONS lists.');
    return { name, parameters: parametric ? first : [], args, distinct: distinct || inner };
  }

  #named(at: number): Expression {
    const cursor = this.#cursor;
    const path = [cursor.expectOperand()];
    while (cursor.symbol('.')) {
      if (cursor.symbol('*')) return { kind: 'star', table: path.at(-1)!, at };
      path.push(cursor.expectWord());
    }
    if (cursor.isSymbol('->')) throw cursor.unsupported('a lambda (->)', 'Use what SHOW FUNCTIONS lists.');
    return { kind: 'name', path, at };
  }
}
