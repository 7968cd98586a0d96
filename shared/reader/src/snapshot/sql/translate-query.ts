import { ExpressionTranslator, type Surroundings } from './translate-expression.ts';
import { parseQuery } from './parse-query.ts';
import { ScanBuilder, type Relation, type Scan, type Scope } from './scope.ts';
import { narrowScans } from './narrow-scans.ts';
import type { Expression, Item, Query, Select, Source } from './syntax.ts';
import { NO_TABLE, tableOf } from './tables.ts';
import { mistakeAt, type QueryMistake } from './tokens.ts';
import { quote, type Typed } from './types.ts';

/** A query in SQLite's words, and which rows it reads. */
export interface Plan {
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Each is to be there as a table `rows N` with the columns that it names. */
  readonly scans: readonly Scan[];
}

interface Translated {
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

interface Outer {
  readonly tables: ReadonlyMap<string, Translated['columns']>;
  readonly names: ReadonlyMap<string, Expression>;
}

/** `now` in ms. @throws FailureError `invalid-input`, `not-found` for a table that is not there. */
export function planQuery(text: string, now: number): Plan {
  const planner = new Planner(text, now);
  return planner.plan();
}

class Planner {
  readonly #text: string;
  readonly #now: number;
  readonly #scans: ScanBuilder[] = [];
  #joins = false;

  constructor(text: string, now: number) {
    this.#text = text;
    this.#now = now;
  }

  plan(): Plan {
    const { sql, columns } = this.#query(parseQuery(this.#text), { tables: new Map(), names: new Map() });
    const scans = this.#scans.map((one) => one.finish());
    // a table that is joined is read once, not once for each row of the other
    const kept = this.#scans.map(
      ({ id }) => `${quote(id)} AS MATERIALIZED (SELECT * FROM main.${quote(id)})`,
    );
    if (!this.#joins || kept.length === 0) return { sql, columns, scans };
    const rest = sql.startsWith('WITH ') ? `, ${sql.slice(5)}` : ` ${sql}`;
    return { sql: `WITH ${kept.join(', ')}${rest}`, columns, scans };
  }

  #query(query: Query, outer: Outer): Translated {
    const tables = new Map(outer.tables);
    const names = new Map([...outer.names, ...query.names.map(({ name, of }) => [name, of] as const)]);
    const heads = query.with.map(({ name, query: inner }) => {
      const { sql, columns } = this.#query(inner, { tables, names });
      tables.set(name, columns);
      return `${quote(name)} AS (${sql})`;
    });
    const selects = query.selects.map((one) => this.#select(one, { tables, names }));
    const [first] = selects;
    for (const { columns } of selects)
      if (columns.length !== first!.columns.length)
        throw this.#error(0, { reason: 'the parts of a UNION differ in how many columns they have' });
    const sql = selects.map((one, i) => (i === 0 ? one.sql : `${query.unions[i - 1]} ${one.sql}`)).join(' ');
    return { sql: heads.length > 0 ? `WITH ${heads.join(', ')} ${sql}` : sql, columns: first!.columns };
  }

  #error(at: number, mistake: QueryMistake): Error {
    return mistakeAt(this.#text, at, mistake);
  }

  #select(select: Select, outer: Outer): Translated {
    const sources = [...(select.from ? [select.from] : []), ...select.joins.map(({ source }) => source)];
    if (sources.length > 1) this.#joins = true;
    const relations = sources.map((one) => this.#relation(one, outer));
    this.#refuseTwoMeanings(select.items);
    const own = select.items.filter(({ named }) => named).map(({ name, of }) => [name, of] as const);
    const scope: Scope = {
      relations: relations.map(({ relation }) => relation),
      names: new Map([...outer.names, ...own]),
      using: new Set(select.joins.flatMap(({ using }) => using ?? [])),
    };
    for (const column of scope.using) for (const { scan } of scope.relations) scan?.need({ column });
    const surroundings: Surroundings = {
      query: this.#text,
      now: this.#now,
      subquery: (query) => {
        const { sql, columns } = this.#query(query, outer);
        return { sql, types: columns.map(({ type }) => type) };
      },
    };
    const translator = new ExpressionTranslator(surroundings, scope);
    const from = this.#from(select, relations, translator);
    const where = select.where && translator.ofRows(select.where);
    if (select.where) narrowScans(select.where, scope, translator);
    const keys = select.groupBy.map((one) => translator.ofRows(this.#keyOf(one, select.items)).sql);
    translator.groupBy(keys);
    const items = select.items.flatMap((item) => this.#columns(item, scope, translator));
    const having = select.having && translator.translate(select.having);
    const order = select.orderBy.map((one) => this.#order(one, select, translator));
    if (keys.length > 0 || translator.usesAggregates) translator.refuseBareColumns();
    const sql = [
      `SELECT ${select.distinct ? 'DISTINCT ' : ''}${items.map(({ value, name }) => `${value.sql} AS ${quote(name)}`).join(', ')}`,
      from,
      where && `WHERE ${where.sql}`,
      keys.length > 0 &&
        `GROUP BY ${keys.map((key) => (/^\d+$/.test(key) ? `(${key} + 0)` : key)).join(', ')}`,
      having && `HAVING ${having.sql}`,
      order.length > 0 && `ORDER BY ${order.join(', ')}`,
      this.#limit(select, translator),
    ].filter(Boolean);
    return { sql: sql.join(' '), columns: items.map(({ name, value }) => ({ name, type: value.type })) };
  }

  /** A name that stands for two things would mean one of them wherever it is used. */
  #refuseTwoMeanings(items: readonly Item[]): void {
    const meanings = new Map<string, string>();
    for (const { name, of } of items.filter(({ named }) => named)) {
      const meaning = JSON.stringify(of, (key, value: unknown) => (key === 'at' ? undefined : value));
      if ((meanings.get(name) ?? meaning) !== meaning)
        throw this.#error(of.at, { reason: `the name ${name} is given to two expressions` });
      meanings.set(name, meaning);
    }
  }

  #limit({ limit, offset }: Select, translator: ExpressionTranslator): string {
    if (!limit) return offset ? `LIMIT -1 OFFSET ${translator.translate(offset).sql}` : '';
    const skipped = offset ? ` OFFSET ${translator.translate(offset).sql}` : '';
    return `LIMIT ${translator.translate(limit).sql}${skipped}`;
  }

  /** GROUP BY 1 means the first column. */
  #keyOf(key: Expression, items: readonly Item[]): Expression {
    if (key.kind !== 'number') return key;
    const item = items[Number(key.text) - 1];
    if (!item) throw this.#error(key.at, { reason: `there is no column ${key.text} to group by` });
    return item.of;
  }

  /** A name of the SELECT comes before a column of that name, as ClickHouse has it. */
  #order(
    { of, descending, nulls }: Select['orderBy'][number],
    select: Select,
    translator: ExpressionTranslator,
  ): string {
    const name = of.kind === 'name' && of.path.length === 1 ? of.path[0]! : undefined;
    const own = select.items.some((item) => item.named && item.name === name);
    const ordinal = of.kind === 'number' && Number(of.text) >= 1 && Number(of.text) <= select.items.length;
    const by = own ? quote(name!) : ordinal ? of.text : translator.translate(of).sql;
    return `${by} ${descending ? 'DESC' : 'ASC'} NULLS ${nulls ?? 'LAST'}`;
  }

  #columns(item: Item, scope: Scope, translator: ExpressionTranslator): { name: string; value: Typed }[] {
    const { of } = item;
    if (of.kind !== 'star') return [{ name: item.name, value: translator.translate(of) }];
    const wanted = scope.relations.filter(({ alias }) => of.table === undefined || alias === of.table);
    if (wanted.length === 0)
      throw this.#error(of.at, { reason: `there is no table ${of.table ?? ''} to take all columns of` });
    return wanted.flatMap(({ alias, columns }) =>
      [...columns.keys()].map((name) => {
        const path = alias === undefined ? [name] : [alias, name];
        return { name, value: translator.translate({ kind: 'name', path, at: of.at }) };
      }),
    );
  }

  #relation(source: Source, outer: Outer): { readonly relation: Relation; readonly sql: string } {
    const columnsOf = (columns: Translated['columns']): Map<string, string> =>
      new Map(columns.map(({ name, type }) => [name, type]));
    if (source.query) {
      const { sql, columns } = this.#query(source.query, outer);
      const { alias } = source;
      const relation = { columns: columnsOf(columns), ...(alias === undefined ? {} : { alias }) };
      return { relation, sql: `(${sql})${alias === undefined ? '' : ` AS ${quote(alias)}`}` };
    }
    const path = source.table ?? [];
    const alias = source.alias ?? path.at(-1)!;
    const head = path.length === 1 ? outer.tables.get(path[0]!) : undefined;
    if (head)
      return { relation: { alias, columns: columnsOf(head) }, sql: `${quote(path[0]!)} AS ${quote(alias)}` };
    const table = tableOf(path);
    if (!table)
      throw this.#error(source.at, {
        reason: `there is no table ${path.join('.')} in a snapshot`,
        ...NO_TABLE,
      });
    const scan = new ScanBuilder(table, this.#scans.length + 1);
    this.#scans.push(scan);
    return {
      relation: { alias, columns: columnsOf(table.columns), scan },
      sql: `${quote(scan.id)} AS ${quote(alias)}`,
    };
  }

  #from(
    select: Select,
    sources: readonly { readonly sql: string }[],
    translator: ExpressionTranslator,
  ): string {
    const [first, ...rest] = sources;
    if (!first) return '';
    const joins = rest.map(({ sql }, i) => {
      const { kind, on, using } = select.joins[i]!;
      const condition = on
        ? ` ON ${translator.ofRows(on).sql}`
        : using
          ? ` USING (${using.map(quote).join(', ')})`
          : '';
      return `${kind} JOIN ${sql}${condition}`;
    });
    return ['FROM', first.sql, ...joins].join(' ');
  }
}
