// PORT COUNT: text and prepared statements, some of which fail; prints what it did as JSON.
import { createConnection } from 'mysql2/promise';

const [port, count] = process.argv.slice(2).map(Number);
const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' });
const [[before]] = await connection.query("SHOW GLOBAL STATUS LIKE 'Questions'");
let failed = 0;
for (let i = 0; i < count; i++) {
  await connection.query(`SELECT ${i} + 1 AS n`);
  await connection.execute('SELECT ? AS n', [String(i)]);
  if (i % 10 === 0) await connection.query('SELECT * FROM nowhere.nothing').catch(() => failed++);
}
// larger than a packet of the network, and an answer of many rows
await connection.query(`SELECT '${'x'.repeat(200_000)}' AS big`);
await connection.query('SELECT seq FROM (SELECT 1 AS seq) AS one, information_schema.COLUMNS LIMIT 2000');
const [[after]] = await connection.query("SHOW GLOBAL STATUS LIKE 'Questions'");
await connection.end();
console.log(JSON.stringify({ questions: Number(after.Value) - Number(before.Value), failed }));
