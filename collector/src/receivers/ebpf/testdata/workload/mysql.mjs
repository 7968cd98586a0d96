// Queries, prepared statements and an error over one connection; prints the server's own counts of that session.
import mysql from 'mysql2/promise';

const [port, count] = process.argv.slice(2).map(Number);
const connection = await mysql.createConnection({ host: '127.0.0.1', port, user: 'root' });
await connection.query('CREATE DATABASE shop');
await connection.query('CREATE TABLE shop.orders (id INT PRIMARY KEY, mail VARCHAR(40))');
for (let i = 0; i < count; i++) {
  await connection.query(`INSERT INTO shop.orders VALUES (${i}, "secret-${i}")`);
  await connection.execute('SELECT mail FROM shop.orders WHERE id = ?', [i]);
}
await connection.query("INSERT INTO shop.orders VALUES (1, 'secret')").catch(() => undefined);
await connection.query('SELECT nothing FROM shop.missing').catch(() => undefined);
await connection.ping();
const [rows] = await connection.query(
  "SHOW SESSION STATUS WHERE Variable_name IN ('Questions', 'Com_insert', 'Com_stmt_prepare', 'Com_stmt_execute')",
);
await connection.end();
process.stdout.write(`${JSON.stringify(Object.fromEntries(rows.map((row) => [row.Variable_name, Number(row.Value)])))}\n`);
