import { Cursor } from './cursor.ts';
import { ExpressionParser } from './parse-expression.ts';
import type { Expression, Item, Join, Order, Query, Select, Source } from './syntax.ts';

/** Statements that a user may know; none of them is a mistake of writing. */
const WRITES =
  /^(insert|update|delete|drop|create|alter|attach|detach|truncate|optimize|rename|set|system|grant|kill|pragma|vacuum|explain|use|exchange|replace)$/i;

/** The tree of one SELECT. @throws FailureError `invalid-input` that says where and what was expected. */
export function parseQuery(text: string): Query {
  const cursor = new Cursor(text);
  if (!cursor.isWord('SELECT') && !cursor.isWord('WITH') && !cursor.isSymbol('('))
    throw WRITES.test(cursor.peek().text)
      ? cursor.error('only SELECT is run here: a snapshot is read, never changed', { code: 'not-supported' })
      : cursor.unexpected('SELECT');
  const query = new QueryParser(cursor).query();
  cursor.symbol(';');
  if (cursor.peek().kind !== 'end') throw cursor.unexpected('the end');
  return query;
}

class QueryParser {
  readonly #cursor: Cursor;
  readonly #expressions: ExpressionParser;

  constructor(cursor: Cursor) {
    this.#cursor = cursor;
    this.#expressions = new ExpressionParser(cursor, () => this.#inParentheses());
  }

  query(): Query {
    return this.#cursor.nested(() => {
      const heads = this.#cursor.words('WITH') ? this.#cursor.list(() => this.#head()) : [];
      const selects = [this.#operand()];
      const unions: Query['unions'][number][] = [];
      for (let union = this.#union(); union; union = this.#union()) {
        unions.push(union);
        selects.push(this.#operand());
      }
      this.#refuseOrderOfUnion(selects);
      return {
        with: heads.flatMap((head) => ('query' in head ? [head] : [])),
        names: heads.flatMap((head) => ('query' in head ? [] : [head])),
        selects,
        unions,
      };
    });
  }

  /** ClickHouse orders and cuts the last part only, SQLite the whole. */
  #refuseOrderOfUnion(selects: readonly Select[]): void {
    if (selects.length > 1 && selects.some((one) => one.orderBy.length > 0 || one.limit))
      throw this.#cursor.unsupported(
        'ORDER BY or LIMIT of a part of a UNION',
        'Write SELECT * FROM (… UNION ALL …) ORDER BY … LIMIT ….',
      );
  }

  #union(): Query['unions'][number] | undefined {
    const cursor = this.#cursor;
    if (cursor.words('UNION', 'ALL')) return 'UNION ALL';
    if (cursor.words('UNION', 'DISTINCT')) return 'UNION';
    if (cursor.isWord('UNION')) throw cursor.unsupported('UNION alone', 'Say UNION ALL or UNION DISTINCT.');
    for (const word of ['EXCEPT', 'INTERSECT'])
      if (cursor.isWord(word)) throw cursor.unsupported(word, 'Use IN or NOT IN.');
    return undefined;
  }

  #head(): { name: string; query: Query } | Extract<Expression, { kind: 'named' }> {
    const cursor = this.#cursor;
    if (cursor.isWord('AS', 1) && cursor.isSymbol('(', 2)) {
      const name = cursor.expectName();
      cursor.expect('AS');
      cursor.expect('(');
      const query = this.query();
      cursor.expect(')');
      return { name, query };
    }
    if (cursor.isWord('RECURSIVE')) throw cursor.unsupported('WITH RECURSIVE', 'Join instead.');
    const item = this.#expressions.item();
    if (item.kind !== 'named') throw cursor.unexpected('AS and a name');
    return item;
  }

  #inParentheses(): Expression | undefined {
    const cursor = this.#cursor;
    let open = 0;
    while (cursor.isSymbol('(', open)) open++;
    if (!cursor.isWord('SELECT', open) && !cursor.isWord('WITH', open)) return undefined;
    // of ((SELECT …), 1) the outer ones are a tuple's
    const { start: at } = cursor.peek();
    if (open > 1) return undefined;
    cursor.expect('(');
    const query = this.query();
    cursor.expect(')');
    return { kind: 'query', query, at };
  }

  /** A select, or one in parentheses. */
  #operand(): Select {
    const cursor = this.#cursor;
    if (!cursor.isSymbol('(')) return this.#select();
    const { start: at } = cursor.peek();
    const inner = this.#source();
    if (!inner.query) throw cursor.unexpected('SELECT');
    const items: Item[] = [{ of: { kind: 'star', at }, name: '*', named: false }];
    return { distinct: false, items, from: inner, joins: [], groupBy: [], orderBy: [] };
  }

  #select(): Select {
    const cursor = this.#cursor;
    cursor.expect('SELECT');
    const distinct = cursor.words('DISTINCT');
    if (cursor.isWord('ON') || (cursor.isWord('TOP') && cursor.peek(1).kind === 'number'))
      throw cursor.unsupported('this form of SELECT', 'Use DISTINCT or LIMIT.');
    const items = cursor.list(() => this.#item());
    if (cursor.isWord('EXCEPT') || cursor.isWord('REPLACE') || cursor.isWord('APPLY'))
      throw cursor.unsupported('* EXCEPT', 'Name the columns.');
    const from = cursor.words('FROM') ? this.#source() : undefined;
    const joins = from ? this.#joins() : [];
    const first = this.#condition('PREWHERE');
    const second = this.#condition('WHERE');
    const where: Expression | undefined =
      first && second
        ? { kind: 'binary', operator: 'AND', left: first, right: second, at: 0 }
        : (first ?? second);
    return { ...{ distinct, items, joins }, ...given({ from, where }), ...this.#rest() };
  }

  #item(): Item {
    const { start } = this.#cursor.peek();
    const of = this.#expressions.item();
    if (of.kind === 'named') return { of: of.of, name: of.name, named: true };
    return { of, name: of.kind === 'name' ? of.path.at(-1)! : this.#cursor.since(start), named: false };
  }

  #rest(): Pick<Select, 'groupBy' | 'having' | 'orderBy' | 'limit' | 'offset'> {
    const cursor = this.#cursor;
    const groupBy = cursor.words('GROUP', 'BY') ? cursor.list(() => this.#expressions.expression()) : [];
    if (cursor.isWord('WITH'))
      throw cursor.unsupported('WITH TOTALS, ROLLUP or CUBE', 'Ask for the totals alone.');
    const having = this.#condition('HAVING');
    const orderBy = cursor.words('ORDER', 'BY') ? cursor.list(() => this.#order()) : [];
    let limit = cursor.words('LIMIT') ? this.#expressions.expression() : undefined;
    let offset: Expression | undefined;
    if (limit && cursor.symbol(',')) [offset, limit] = [limit, this.#expressions.expression()];
    else if (cursor.words('OFFSET')) {
      offset = this.#expressions.expression();
      if (!cursor.words('ROWS')) cursor.words('ROW');
    }
    if (cursor.isWord('BY')) throw cursor.unsupported('LIMIT … BY', 'Use GROUP BY with argMax or any.');
    if (cursor.isWord('SETTINGS') || cursor.isWord('FORMAT'))
      throw cursor.unsupported(cursor.peek().text.toUpperCase(), 'Leave it out.');
    return { groupBy, orderBy, ...given({ having, limit, offset }) };
  }

  #condition(word: string): Expression | undefined {
    return this.#cursor.words(word) ? this.#expressions.expression() : undefined;
  }

  #order(): Order {
    const cursor = this.#cursor;
    const of = this.#expressions.expression();
    const descending = cursor.words('DESC') || cursor.words('DESCENDING');
    if (!descending && !cursor.words('ASC')) cursor.words('ASCENDING');
    const nulls = cursor.words('NULLS', 'FIRST')
      ? 'FIRST'
      : cursor.words('NULLS', 'LAST')
        ? 'LAST'
        : undefined;
    if (cursor.isWord('WITH')) throw cursor.unsupported('WITH FILL', 'Leave it out.');
    return { of, descending, ...given({ nulls }) };
  }

  #source(): Source {
    const cursor = this.#cursor;
    const { start: at } = cursor.peek();
    if (cursor.symbol('(')) {
      const query = this.query();
      cursor.expect(')');
      return { query, at, ...this.#alias() };
    }
    const table = [cursor.expectName()];
    if (cursor.symbol('.')) table.push(cursor.expectName());
    if (cursor.isSymbol('('))
      throw cursor.unsupported('a table function', 'SHOW TABLES says which tables there are.');
    const alias = this.#alias();
    // rows are never merged later, so each is final
    cursor.words('FINAL');
    if (cursor.isWord('SAMPLE')) throw cursor.unsupported('SAMPLE', 'Leave it out.');
    return { table, at, ...alias };
  }

  #alias(): { readonly alias?: string } {
    return given({ alias: this.#cursor.alias() });
  }

  #joins(): Join[] {
    const joins: Join[] = [];
    for (let kind = this.#joinKind(); kind; kind = this.#joinKind()) {
      const source = this.#source();
      const on = this.#condition('ON');
      const using = this.#cursor.words('USING') ? this.#using() : undefined;
      if (kind !== 'CROSS' && !on && !using) throw this.#cursor.unexpected('ON or USING');
      joins.push({ kind, source, ...given({ on, using }) });
    }
    return joins;
  }

  #using(): readonly string[] {
    const parenthesised = this.#cursor.symbol('(');
    const names = this.#cursor.list(() => this.#cursor.expectName());
    if (parenthesised) this.#cursor.expect(')');
    return names;
  }

  #joinKind(): Join['kind'] | undefined {
    const cursor = this.#cursor;
    if (cursor.symbol(',')) return 'CROSS';
    for (const word of ['ARRAY', 'ASOF', 'ANY', 'SEMI', 'ANTI', 'PASTE'])
      if (cursor.isWord(word))
        throw cursor.unsupported(`${word} JOIN`, 'Use INNER, LEFT, RIGHT, FULL or CROSS JOIN.');
    cursor.words('GLOBAL');
    cursor.words('ALL');
    for (const kind of ['INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS'] as const) {
      if (!cursor.words(kind)) continue;
      if (cursor.isWord('ARRAY'))
        throw cursor.unsupported('ARRAY JOIN', 'Use has(), or the element of an array.');
      cursor.words('OUTER');
      cursor.expect('JOIN');
      return kind;
    }
    return cursor.words('JOIN') ? 'INNER' : undefined;
  }
}

/** Without what is undefined. */
const given = <T extends object>(of: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as never;
