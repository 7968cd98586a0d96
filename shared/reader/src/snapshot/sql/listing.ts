import type { Table } from '@gumshoe/engine/ports';
import { DATABASE } from '@gumshoe/schema/tables/define';
import { aggregateNames } from './aggregate-functions.ts';
import { Cursor } from './cursor.ts';
import { scalarNames } from './scalar-functions.ts';
import { NO_TABLE, SNAPSHOT_TABLES, tableOf } from './tables.ts';
import { shownType } from './types.ts';

const CLOCKS = ['now', 'now64', 'today', 'yesterday'];

const tableWith = (names: readonly string[], rows: readonly (readonly string[])[]): Table => ({
  columns: names.map((name) => ({ name, type: 'String' })),
  rows,
  truncated: false,
});

/** The answer to SHOW and DESCRIBE; undefined for any other statement. @throws FailureError `invalid-input` */
export function listing(query: string): Table | undefined {
  const cursor = new Cursor(query);
  const show = cursor.words('SHOW');
  const describe = !show && (cursor.words('DESCRIBE') || cursor.words('DESC'));
  if (!show && !describe) return undefined;
  if (describe) {
    cursor.words('TABLE');
    return columnsOf(cursor);
  }
  if (cursor.words('TABLES'))
    return tableWith(
      ['name'],
      SNAPSHOT_TABLES.map(({ name }) => [name]),
    );
  if (cursor.words('DATABASES')) return tableWith(['name'], [[DATABASE]]);
  if (cursor.words('FUNCTIONS')) return functions();
  if (cursor.words('COLUMNS')) {
    if (!cursor.words('FROM')) cursor.expect('IN');
    return columnsOf(cursor);
  }
  throw cursor.unexpected('TABLES, COLUMNS FROM a table, or FUNCTIONS');
}

function columnsOf(cursor: Cursor): Table {
  const path = [cursor.expectName()];
  while (cursor.symbol('.')) path.push(cursor.expectName());
  const table = tableOf(path);
  if (!table) throw cursor.error(`there is no table ${path.join('.')} in a snapshot`, NO_TABLE);
  const held = new Set(Object.keys(table.cells));
  return tableWith(
    ['name', 'type', 'comment'],
    table.columns.map(({ name, type }) => [
      name,
      shownType(type),
      held.has(name) ? '' : 'always empty: a snapshot does not hold it',
    ]),
  );
}

function functions(): Table {
  const names = [
    ...[...scalarNames(), ...CLOCKS].map((name) => [name, 'of a row']),
    ...aggregateNames().map((name) => [name, 'of many rows; with the ending If and a condition of some']),
  ];
  return tableWith(
    ['name', 'is'],
    names.sort(([a], [b]) => (a! < b! ? -1 : 1)),
  );
}
