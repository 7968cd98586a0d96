import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Journal, parseEntry, type JournalMessage } from './journal.ts';
import { openedLogs } from './opened-files.ts';
import { CursorStore, PositionStore } from './positions.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'gumshoe-logs-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const REMOTE = '/lib/systemd/systemd-journal-remote';
const withoutJournal = existsSync(REMOTE) ? false : 'needs systemd-journal-remote to write a journal';

test(
  'messages of real journal files, with their cgroup, level and time',
  { skip: withoutJournal },
  async (t) => {
    const dir = folder(t);
    const entry = (message: string, priority: number): string =>
      `__REALTIME_TIMESTAMP=1790000000500000\n__MONOTONIC_TIMESTAMP=1\n_BOOT_ID=0123456789abcdef0123456789abcdef\nMESSAGE=${message}\nPRIORITY=${priority}\n_SYSTEMD_CGROUP=/system.slice/shop.service\n_SYSTEMD_UNIT=shop.service\n\n`;
    const made = spawnSync(REMOTE, ['--output', join(dir, 'system.journal'), '-'], {
      input: entry('no space left', 3) + entry('served', 6),
      encoding: 'utf8',
    });
    assert.equal(made.status, 0, made.stderr);
    const got: JournalMessage[] = [];
    const journal = new Journal({
      hostRoot: '/',
      folder: dir,
      fromStart: true,
      onMessages: (more) => got.push(...more),
    });
    journal.start();
    t.after(() => journal.stop());
    for (let i = 0; i < 600 && got.length < 2; i++) await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(
      got.map(({ text, level, cgroup, at }) => [text, level, cgroup, at]),
      [
        ['no space left', 'error', '/system.slice/shop.service', 1_790_000_000_500],
        ['served', 'info', '/system.slice/shop.service', 1_790_000_000_500],
      ],
    );
    await journal.stop();
  },
);

/** Adds entries to a journal file, each at its own second. */
function journalOf(dir: string, name: string, texts: readonly string[], second: number): void {
  const input = texts
    .map((text, i) => {
      const us = second + i;
      return `__REALTIME_TIMESTAMP=${us}000000\n__MONOTONIC_TIMESTAMP=${us}\n_BOOT_ID=0123456789abcdef0123456789abcdef\nMESSAGE=${text}\n_SYSTEMD_CGROUP=/system.slice/shop.service\n\n`;
    })
    .join('');
  const made = spawnSync(REMOTE, ['--output', join(dir, name), '-'], { input, encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
}

/** Follows a journal until `count` messages came; the texts, and the cursor it ended with. */
async function followed(
  dir: string,
  count: number,
  after?: string,
): Promise<{ readonly texts: readonly string[]; readonly cursor: string | undefined }> {
  const texts: string[] = [];
  const journal = new Journal({
    hostRoot: '/',
    folder: dir,
    fromStart: true,
    onMessages: (more) => texts.push(...more.map(({ text }) => text)),
    ...(after === undefined ? {} : { after }),
  });
  journal.start();
  for (let i = 0; i < 900 && texts.length < count; i++)
    await new Promise((resolve) => setTimeout(resolve, 100));
  await journal.stop();
  return { texts, cursor: journal.cursor };
}

test('what was written between two processes is read once', { skip: withoutJournal }, async (t) => {
  const dir = folder(t);
  const store = join(folder(t), 'journal-cursor');
  journalOf(dir, 'system.journal', ['one', 'two'], 1_790_000_000);
  const before = await followed(dir, 2);
  assert.deepEqual(before.texts, ['one', 'two']);
  new CursorStore(store).write(before.cursor);
  journalOf(dir, 'system.journal', ['three', 'four'], 1_790_000_100);
  const later = await followed(dir, 2, new CursorStore(store).read());
  assert.deepEqual(later.texts, ['three', 'four']);
});

test('a cursor that journalctl refuses is forgotten', { skip: withoutJournal }, async (t) => {
  const dir = folder(t);
  journalOf(dir, 'system.journal', ['one'], 1_790_000_000);
  assert.deepEqual((await followed(dir, 1, 'x=nonsense')).texts, ['one']);
});

test('a burst beyond the queue waits in the journal', { skip: withoutJournal }, async (t) => {
  const dir = folder(t);
  const texts = Array.from({ length: 25_000 }, (_, i) => `m${i}`);
  journalOf(dir, 'system.journal', texts, 1_790_000_000);
  assert.deepEqual((await followed(dir, texts.length)).texts, texts);
});

test('a machine without a journal says so', () => {
  const journal = new Journal({ hostRoot: '/nonexistent', onMessages: () => undefined });
  journal.start();
  assert.match(journal.problem, /no journal in/);
});

test('entries that are no message are nothing; bytes become text', () => {
  assert.equal(parseEntry('{'), undefined);
  assert.equal(parseEntry('{"MESSAGE":null,"_SYSTEMD_CGROUP":"/a","__REALTIME_TIMESTAMP":"1"}'), undefined);
  assert.equal(
    parseEntry('{"MESSAGE":[104,105],"_SYSTEMD_CGROUP":"/a","__REALTIME_TIMESTAMP":"5000"}')?.text,
    'hi',
  );
});

const notRoot = process.getuid?.() === 0 ? false : 'writing under /var/log needs root';

test('files under /var/log that a process writes; not those it only reads', { skip: notRoot }, async (t) => {
  const dir = `/var/log/gumshoe-test-${process.pid}`;
  mkdirSync(dir);
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const [written, read] = [join(dir, 'app.log'), join(dir, 'read.log')];
  writeSync(openSync(read, 'w'), 'x\n');
  const script = `const fs=require('fs');fs.openSync('${written}','a');fs.openSync('${read}','r');fs.openSync('${dir}/old.gz','w');console.log('ready');setInterval(()=>{},1000)`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  assert.deepEqual(
    openedLogs('/proc', child.pid!).map(({ path }) => path),
    [written],
  );
  assert.deepEqual(openedLogs('/proc', 2 ** 22), []);
});

test('places are kept from one process to the next; damage means none', (t) => {
  const path = join(folder(t), 'positions.json');
  new PositionStore(path).write(new Map([['/a', { inode: 1, offset: 2 }]]));
  assert.deepEqual([...new PositionStore(path).read()], [['/a', { inode: 1, offset: 2 }]]);
  writeSync(openSync(path, 'w'), '{"/a":{"inode":"x"},"/b"');
  assert.equal(new PositionStore(path).read().size, 0);
  const store = new PositionStore('/nonexistent/x');
  store.write(new Map());
  assert.notEqual(store.problem, '');
});
