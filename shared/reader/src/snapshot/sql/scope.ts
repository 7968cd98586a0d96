import type { SnapshotTable } from './tables.ts';
import { isMap, quote, typed, type Typed } from './types.ts';
import type { Expression } from './syntax.ts';

/** A column that a query asks of a table; with `key` one value of a map. */
export interface ScanColumn {
  readonly column: string;
  readonly key?: string;
}

/** One reading of a table: only what a query asks of it, and nothing that its WHERE would drop anyway where that is known. */
export interface Scan {
  readonly table: string;
  readonly columns: readonly ScanColumn[];
  /** Lists of SQL expressions without columns: the key of every row is in each list. */
  readonly keys: readonly (readonly string[])[];
  /** SQL of instants as text: no row is before `from` or behind `to`. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export const scanColumnName = ({ column, key }: ScanColumn): string =>
  key === undefined ? column : `${column}['${key}']`;

/** A scan while the query is read. */
export class ScanBuilder {
  readonly table: SnapshotTable;
  readonly id: string;
  readonly #columns = new Map<string, ScanColumn>();
  readonly keys: (readonly string[])[] = [];
  readonly from: string[] = [];
  readonly to: string[] = [];

  constructor(table: SnapshotTable, number: number) {
    this.table = table;
    this.id = `rows ${number}`;
  }

  /** The name under which the scan has it. */
  need(column: ScanColumn): string {
    const name = scanColumnName(column);
    this.#columns.set(name, column);
    return name;
  }

  finish(): Scan {
    const { table, keys, from, to } = this;
    const columns = [...this.#columns.values()];
    const first = table.columns[0]!.name;
    return { table: table.name, columns: columns.length > 0 ? columns : [{ column: first }], keys, from, to };
  }
}

/** What stands behind FROM or JOIN under one name. */
export interface Relation {
  readonly alias?: string;
  readonly columns: ReadonlyMap<string, string>;
  readonly scan?: ScanBuilder;
}

/** Names that one SELECT can use. */
export interface Scope {
  readonly relations: readonly Relation[];
  /** Of `expression AS name`: another expression may use the name. */
  readonly names: ReadonlyMap<string, Expression>;
  /** Columns that a join makes one. */
  readonly using: ReadonlySet<string>;
}

export interface FoundColumn {
  readonly relation: Relation;
  readonly column: string;
  readonly typed: Typed;
}

/**
 * The column of a path such as `Duration`, `t.Duration`, `Events.Name`.
 * @throws RangeError where several tables have it.
 */
export function findColumn(scope: Scope, path: readonly string[]): FoundColumn | undefined {
  const whole = path.join('.');
  const having = scope.relations.filter(({ columns }) => columns.has(whole));
  if (having.length > 1 && !scope.using.has(whole))
    throw new RangeError(`several tables have ${whole}: write ${having[0]!.alias ?? 'name'}.${whole}`);
  const [relation] = having;
  if (relation) return found(relation, whole, relation.columns.get(whole)!, false);
  if (path.length === 1) return undefined;
  const column = path.slice(1).join('.');
  const named = scope.relations.find((one) => one.alias === path[0] && one.columns.has(column));
  return named && found(named, column, named.columns.get(column)!, true);
}

function found(relation: Relation, column: string, type: string, qualified: boolean): FoundColumn {
  const name = relation.scan?.need({ column }) ?? column;
  const sql = qualified ? `${quote(relation.alias!)}.${quote(name)}` : quote(name);
  return { relation, column, typed: typed(type, sql) };
}

/** One value of a map that is a column of a table: the scan takes it out, so that no map becomes JSON. */
export function findMapValue(scope: Scope, path: readonly string[], key: string): Typed | undefined {
  for (const relation of scope.relations) {
    const qualified = path.length > 1 && relation.alias === path[0];
    const column = qualified ? path.slice(1).join('.') : path.join('.');
    const type = relation.columns.get(column);
    if (type === undefined) continue;
    if (!relation.scan || !isMap(type)) return undefined;
    const name = quote(relation.scan.need({ column, key }));
    return typed('String', qualified ? `${quote(path[0]!)}.${name}` : name);
  }
  return undefined;
}
