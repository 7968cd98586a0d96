import { FailureError } from '@gumshoe/base/failure';
import { DATABASE } from '@gumshoe/schema/tables/define';
import { aggregateFunction } from './aggregate-functions.ts';
import {
  asText,
  asTime,
  commonNumber,
  commonType,
  comparable,
  divided,
  epochNanoseconds,
  PRECISE,
} from './conversions.ts';
import { scalarFunction } from './scalar-functions.ts';
import { findColumn, findMapValue, type Scope } from './scope.ts';
import { COMPARISONS, LIKES, type Call, type Expression, type Query } from './syntax.ts';
import { timeText } from './times.ts';
import { mistakeAt } from './tokens.ts';
import {
  elementType,
  isArray,
  isInteger,
  isMap,
  isTime,
  numberType,
  quoteText,
  typed,
  type Typed,
} from './types.ts';

/** What an expression needs to know of the rest of the query. */
export interface Surroundings {
  readonly query: string;
  /** ms: what `now()` says. */
  readonly now: number;
  readonly subquery: (query: Query) => { readonly sql: string; readonly types: readonly string[] };
}

type Of<K extends Expression['kind']> = Extract<Expression, { kind: K }>;

/** Turns expressions of one SELECT into SQLite's. */
export class ExpressionTranslator {
  readonly #surroundings: Surroundings;
  readonly #scope: Scope;
  /** Names whose meaning is being written out: inside of it they are columns. */
  readonly #open = new Set<string>();
  #inAggregate = false;
  #rowsOnly = false;
  /** SQL of what is grouped by. */
  #keys: ReadonlySet<string> = new Set();
  /** Columns outside of aggregates and keys, since the last look. */
  #bare: { readonly name: string; readonly at: number }[] = [];
  #aggregates = 0;

  constructor(surroundings: Surroundings, scope: Scope) {
    this.#surroundings = surroundings;
    this.#scope = scope;
  }

  /** Of WHERE, ON and GROUP BY, where no aggregate can be. */
  ofRows(expression: Expression): Typed {
    this.#rowsOnly = true;
    const result = this.translate(expression);
    this.#rowsOnly = false;
    this.#bare = [];
    return result;
  }

  groupBy(keys: readonly string[]): void {
    this.#keys = new Set(keys);
  }

  get usesAggregates(): boolean {
    return this.#aggregates > 0;
  }

  /** A column that has many values in a group. @throws FailureError `invalid-input` */
  refuseBareColumns(): void {
    const [first] = this.#bare;
    if (first)
      throw this.#error(first.at, `${first.name} is neither in GROUP BY nor inside of an aggregate function`);
  }

  translate(expression: Expression): Typed {
    const before = this.#bare.length;
    const result = this.#caught(expression);
    if (this.#keys.has(result.sql)) this.#bare.length = before;
    return result;
  }

  #error(at: number, reason: string, remedy?: string): FailureError {
    return mistakeAt(this.#surroundings.query, at, { reason, ...(remedy === undefined ? {} : { remedy }) });
  }

  #caught(expression: Expression): Typed {
    try {
      return this.#translate(expression);
    } catch (error) {
      if (error instanceof RangeError) throw this.#error(expression.at, error.message);
      throw error;
    }
  }

  #translate(one: Expression): Typed {
    switch (one.kind) {
      case 'text':
        return { type: 'String', sql: quoteText(one.text), literal: one.text };
      case 'number':
        return { type: numberType(one.text), sql: one.text, literal: one.text };
      case 'constant':
        return typed(one.text === 'NULL' ? 'Nullable(Nothing)' : 'UInt8', constants[one.text]!);
      case 'name':
        return this.#name(one);
      case 'named':
        return this.translate(one.of);
      case 'call':
        return this.#call(one);
      case 'negated':
        return this.#negated(one);
      case 'binary':
        return this.#binary(one);
      case 'element':
        return this.#element(one);
      case 'array':
        return this.#array(one);
      case 'case':
        return this.#case(one);
      case 'interval':
        return this.#interval(one);
      case 'in':
        return this.#in(one);
      case 'between':
        return this.#between(one);
      case 'null-test':
        return typed('UInt8', `(${this.translate(one.of).sql} IS ${one.not ? 'NOT ' : ''}NULL)`);
      case 'query':
        return this.#query(one);
      case 'tuple':
        throw this.#error(one.at, 'a tuple can only stand before or behind IN');
      case 'star':
        throw this.#error(one.at, '* can only stand alone, or in count(*)');
    }
  }

  #name({ path, at }: Of<'name'>): Typed {
    const [name = ''] = path;
    const meaning = path.length === 1 && !this.#open.has(name) ? this.#scope.names.get(name) : undefined;
    if (meaning) {
      const expanded = this.#expanded(name, meaning);
      if (expanded) return expanded;
    }
    const ours = path[0] === DATABASE ? path.slice(1) : path;
    const column = findColumn(this.#scope, ours);
    if (!column) throw this.#unknown(ours, at);
    if (!this.#inAggregate) this.#bare.push({ name: ours.join('.'), at });
    return column.typed;
  }

  /** What a name of the SELECT stands for; undefined where it must be the column of that name. */
  #expanded(name: string, meaning: Expression): Typed | undefined {
    const before = this.#aggregates;
    const marked = this.#bare.length;
    this.#open.add(name);
    const result = this.translate(meaning);
    this.#open.delete(name);
    const aggregated = this.#aggregates > before;
    if (!aggregated || !(this.#rowsOnly || this.#inAggregate)) return result;
    this.#aggregates = before;
    this.#bare.length = marked;
    return undefined;
  }

  #unknown(path: readonly string[], at: number): FailureError {
    const columns = this.#scope.relations.flatMap((one) => [...one.columns.keys()]);
    return this.#error(
      at,
      `there is no column ${path.join('.')}`,
      columns.length === 0 ? undefined : `There are ${columns.slice(0, 30).join(', ')}.`,
    );
  }

  #call({ call, at }: Of<'call'>): Typed {
    const aggregate = this.#aggregate(call, at);
    if (aggregate) return aggregate;
    const known = scalarFunction(call.name);
    const now = known ? undefined : this.#clock(call);
    if (now) return now;
    if (!known)
      throw this.#error(at, `there is no function ${call.name} here`, 'SHOW FUNCTIONS lists those that are.');
    this.#arity(call, known, at);
    return known.translate(call.args.map((one) => this.translate(one)));
  }

  #arity(call: Call, { least, most }: { readonly least: number; readonly most: number }, at: number): void {
    if (call.args.length >= least && call.args.length <= most) return;
    const wanted = least === most ? `${least}` : `${least} to ${most}`;
    throw this.#error(at, `${call.name} takes ${wanted} arguments, not ${call.args.length}`);
  }

  /** A file has no present: now is where its window ends, so that a query says the same for ever. */
  #clock({ name }: Call): Typed | undefined {
    const now = timeText(BigInt(Math.floor(this.#surroundings.now)) * 1_000_000n);
    const DAY = 86_400_000;
    const yesterday = timeText(BigInt(Math.floor(this.#surroundings.now) - DAY) * 1_000_000n);
    const clocks: Readonly<Record<string, readonly [string, string]>> = {
      now: ['DateTime', now.slice(0, 19)],
      now64: [PRECISE, now],
      today: ['Date', now.slice(0, 10)],
      yesterday: ['Date', yesterday.slice(0, 10)],
    };
    const found = Object.hasOwn(clocks, name.toLowerCase()) ? clocks[name.toLowerCase()] : undefined;
    return found && typed(found[0], quoteText(found[1]));
  }

  /** An aggregate, with the ending -If or not. */
  #aggregate(call: Call, at: number): Typed | undefined {
    const conditional = /^(.+)If$/i.exec(call.name);
    const whole = aggregateFunction(call.name);
    const known = whole ?? (conditional && aggregateFunction(conditional[1]!));
    if (!known) return undefined;
    if (this.#inAggregate) throw this.#error(at, `${call.name} stands inside of another aggregate function`);
    if (call.parameters.length > known.parameters)
      throw this.#error(at, `${call.name} takes ${known.parameters} parameters`);
    const parameters = call.parameters.map((one) => this.translate(one));
    this.#inAggregate = true;
    const stars = call.args.filter(({ kind }) => kind !== 'star');
    const all = stars.map((one) => this.translate(one));
    this.#inAggregate = false;
    this.#aggregates++;
    const condition = whole ? undefined : all.pop();
    if (!whole && !condition) throw this.#error(at, `${call.name} needs a condition as its last argument`);
    this.#arity({ ...call, args: stars.slice(0, all.length) }, known, at);
    const args = call.distinct
      ? all.map((of, i) => (i === 0 ? { ...of, sql: `DISTINCT ${of.sql}` } : of))
      : all;
    return known.translate(args, parameters, condition ? ` FILTER (WHERE ${condition.sql})` : '');
  }

  #negated({ operator, of }: Of<'negated'>): Typed {
    const inner = this.translate(of);
    if (operator === 'NOT') return typed('UInt8', `(NOT ${inner.sql})`);
    // two minus signs in a row would begin a comment
    if (inner.literal === undefined || !/^[\d.]/.test(inner.literal))
      return typed(inner.type.replace(/^UInt/, 'Int'), `(-${inner.sql})`);
    const literal = `-${inner.literal}`;
    return { type: numberType(literal), sql: `(${literal})`, literal };
  }

  #binary(one: Of<'binary'>): Typed {
    const { operator } = one;
    if (one.right.kind === 'interval' && (operator === '+' || operator === '-'))
      return this.#shifted(this.translate(one.left), one.right, operator === '-');
    if (one.left.kind === 'interval' && operator === '+')
      return this.#shifted(this.translate(one.right), one.left, false);
    const [left, right] = [this.translate(one.left), this.translate(one.right)];
    if ((COMPARISONS as readonly string[]).includes(operator)) {
      const [a, b] = comparable(left, right);
      return typed('UInt8', `(${a} ${operator} ${b})`);
    }
    if ((LIKES as readonly string[]).includes(operator)) {
      const like = operator.endsWith('ILIKE') ? 'likeAnyCase' : 'likeCase';
      return typed(
        'UInt8',
        `(${operator.startsWith('NOT') ? 'NOT ' : ''}${like}(${left.sql}, ${right.sql}))`,
      );
    }
    if (operator === 'AND' || operator === 'OR')
      return typed('UInt8', `(${left.sql} ${operator} ${right.sql})`);
    if (operator === '||') return typed('String', `(${asText(left)} || ${asText(right)})`);
    return this.#arithmetic(operator, left, right);
  }

  #arithmetic(operator: string, left: Typed, right: Typed): Typed {
    if (isTime(left.type) && isTime(right.type) && operator === '-')
      return typed('Float64', `((${epochNanoseconds(left)} - ${epochNanoseconds(right)}) / 1e9)`);
    if (isTime(left.type)) return this.#moved(left, `${operator}(${right.sql})`, 'second');
    for (const { type, literal } of [left, right])
      if (type === 'String' && literal === undefined)
        throw new RangeError(`a String is no number: write toFloat64(…) or toInt64(…)`);
    if (operator === '/') return divided(left, right);
    const type = commonNumber(left, right);
    if (operator === '%' && !(isInteger(left.type) && isInteger(right.type)))
      return typed('Float64', `mod(${left.sql}, ${right.sql})`);
    return typed(
      operator === '-' && type === 'UInt64' ? 'Int64' : type,
      `(${left.sql} ${operator} ${right.sql})`,
    );
  }

  #shifted(time: Typed, { amount, unit }: Of<'interval'>, back: boolean): Typed {
    return this.#moved(time, `${back ? '-' : ''}(${this.translate(amount).sql})`, unit);
  }

  /** A day stays a day, a second a second, unless it is moved by less. */
  #moved(time: Typed, amount: string, unit: string): Typed {
    if (!isTime(time.type)) throw new RangeError('an interval is added to a time; write toDateTime(…)');
    const moved = typed(PRECISE, `shifted(${asTime(time)}, ${amount}, ${quoteText(unit)})`);
    const long = /^(day|week|month|quarter|year)$/.test(unit);
    if (time.type === 'Date' && long) return typed('Date', `substr(${moved.sql}, 1, 10)`);
    const short = /^(nano|micro|milli)/.test(unit) || time.type === PRECISE;
    return short ? moved : typed('DateTime', `substr(${moved.sql}, 1, 19)`);
  }

  #interval({ amount, unit }: Of<'interval'>): Typed {
    return { ...this.translate(amount), type: `Interval ${unit}` };
  }

  #element({ of, key }: Of<'element'>): Typed {
    const isColumn = of.kind === 'name' && (of.path.length > 1 || !this.#scope.names.has(of.path[0]!));
    if (isColumn && key.kind === 'text') {
      const value = findMapValue(this.#scope, of.path, key.text);
      if (value) {
        if (!this.#inAggregate) this.#bare.push({ name: of.path.join('.'), at: of.at });
        return value;
      }
    }
    const [list, at] = [this.translate(of), this.translate(key)];
    if (isMap(list.type)) return typed('String', `mapValue(${list.sql}, ${at.sql})`);
    if (!isArray(list.type))
      throw new RangeError(`[ ] takes an element of a map or an array, not of a ${list.type}`);
    return typed(elementType(list.type), `arrayElement(${list.sql}, ${at.sql})`);
  }

  #array({ items }: Of<'array'>): Typed {
    const all = items.map((one) => this.translate(one));
    return typed(
      `Array(${all[0]?.type ?? 'Nothing'})`,
      `json_array(${all.map(({ sql }) => sql).join(', ')})`,
    );
  }

  #case({ of, branches, otherwise }: Of<'case'>): Typed {
    const subject = of && this.translate(of);
    const rest = otherwise && this.translate(otherwise);
    const parts = branches.map(({ when, value }) => {
      const [condition, result] = [this.translate(when), this.translate(value)];
      const test = subject ? comparable(subject, condition).join(' = ') : condition.sql;
      return { result, sql: `WHEN ${test} THEN ${result.sql}` };
    });
    const type = commonType([...parts.map(({ result }) => result), ...(rest ? [rest] : [])]);
    return typed(type, `CASE ${parts.map(({ sql }) => sql).join(' ')}${rest ? ` ELSE ${rest.sql}` : ''} END`);
  }

  #between({ of, not, low, high }: Of<'between'>): Typed {
    const value = this.translate(of);
    const [a, from] = comparable(value, this.translate(low));
    const [b, to] = comparable(value, this.translate(high));
    return typed('UInt8', `(${not ? 'NOT ' : ''}(${a} >= ${from} AND ${b} <= ${to}))`);
  }

  #in({ of, not, among }: Of<'in'>): Typed {
    const operator = not ? 'NOT IN' : 'IN';
    const left = of.kind === 'tuple' ? of.items.map((one) => this.translate(one)) : [this.translate(of)];
    const row = (cells: readonly string[]): string =>
      cells.length === 1 ? cells[0]! : `(${cells.join(', ')})`;
    if (among.kind === 'query') {
      const { sql, types } = this.#surroundings.subquery(among.query);
      if (types.length !== left.length)
        throw new RangeError(`${left.length} values are sought among rows of ${types.length}`);
      left.forEach(({ type }, i) => {
        if (isTime(type) && type !== types[i])
          throw new RangeError(`a ${type} is sought among values of ${types[i]}`);
      });
      return typed('UInt8', `(${row(left.map(({ sql: one }) => one))} ${operator} (${sql}))`);
    }
    const members = among.kind === 'tuple' || among.kind === 'array' ? among.items : [among];
    if (members.length === 0) return typed('UInt8', not ? '1' : '0');
    const sought = left.map((one) => (isTime(one.type) ? asTime(one) : one.sql));
    const rows = members.map((member) => row(this.#member(left, member)));
    const list = left.length === 1 ? rows.join(', ') : `VALUES ${rows.join(', ')}`;
    return typed('UInt8', `(${row(sought)} ${operator} (${list}))`);
  }

  #member(left: readonly Typed[], member: Expression): string[] {
    const cells = left.length > 1 && member.kind === 'tuple' ? member.items : [member];
    if (cells.length !== left.length)
      throw new RangeError(`${left.length} values are sought among ${cells.length}`);
    return cells.map((cell, i) => comparable(left[i]!, this.translate(cell))[1]);
  }

  #query({ query }: Of<'query'>): Typed {
    const { sql, types } = this.#surroundings.subquery(query);
    if (types.length !== 1) throw new RangeError('a SELECT that stands for a value must have one column');
    return typed(types[0]!, `(${sql})`);
  }
}

const constants: Readonly<Record<string, string>> = { NULL: 'NULL', TRUE: '1', FALSE: '0' };
