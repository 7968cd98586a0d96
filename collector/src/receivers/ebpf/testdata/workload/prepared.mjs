// Executes one prepared statement twice; the second execution fails.
import mysql from 'mysql2/promise';

const connection = await mysql.createConnection({ host: '127.0.0.1', port: Number(process.argv[2]), user: 'root' });
await connection.query('CREATE DATABASE shop');
await connection.query('CREATE TABLE shop.orders (id INT PRIMARY KEY)');
const insert = 'INSERT INTO shop.orders VALUES (?)';
await connection.execute(insert, [1]);
await connection.execute(insert, [1]).catch(() => undefined);
await connection.end();
