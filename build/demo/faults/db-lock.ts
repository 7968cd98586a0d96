import { DATABASE_PASSWORD } from '../shop.ts';
import type { Fault } from './define.ts';

export const dbLock: Fault = {
  name: 'db-lock',
  title: 'a schema migration holds an exclusive lock on the orders table in a long transaction',
  expected: { application: 'postgres', kinds: ['postgres-lock'] },
  async inject(shop) {
    const psql = shop.run(
      'migration',
      'psql',
      ['-q', '-X', '-h', shop.address('postgres'), '-U', 'shop', 'shop'],
      {
        env: { PGPASSWORD: DATABASE_PASSWORD, PGAPPNAME: 'migration' },
        restart: false,
        stdin: true,
      },
    );
    psql.write('BEGIN;\nALTER TABLE orders ADD COLUMN discount integer;\n');
  },
  async recover(shop) {
    shop.service('migration').write('ROLLBACK;\n\\q\n');
    await shop.service('migration').stop();
  },
};
