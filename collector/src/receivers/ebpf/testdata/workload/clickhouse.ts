// ClickHouse's official client. Arguments: URL, count. Prints what it did as JSON.
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';

const [url, count] = [process.argv[2]!, Number(process.argv[3])];
const client = createClient({ url, log: { level: ClickHouseLogLevel.OFF } });
await client.command({ query: 'CREATE TABLE IF NOT EXISTS default.orders (id UInt64, mail String) ENGINE = MergeTree ORDER BY id' });
let failed = 0;
for (let i = 0; i < count; i++) {
  await client.insert({ table: 'default.orders', values: [{ id: i, mail: 'secret' }], format: 'JSONEachRow' });
  const answer = await client.query({ query: `SELECT id FROM default.orders WHERE mail = 'secret' AND id = ${i}`, format: 'JSONEachRow' });
  if ((await answer.json()).length !== 1) throw new Error(`row ${i} is not there`);
  await client.command({ query: "SELECT * FROM missing WHERE a = 'secret'" }).catch(() => failed++);
}
await client.close();
console.log(JSON.stringify({ requests: 1 + 3 * count, failed }));
