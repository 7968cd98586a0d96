import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseConntrack, type Translation } from './conntrack-text.ts';
import { NatTable } from './conntrack.ts';

const LIST = `ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.2 dst=10.96.0.1 sport=40000 dport=443 src=192.168.1.10 dst=10.0.0.2 sport=6443 dport=40000 [ASSURED] mark=0 use=1
ipv4     2 tcp      6 100 ESTABLISHED src=10.0.0.2 dst=10.0.0.3 sport=40001 dport=80 src=10.0.0.3 dst=10.0.0.2 sport=80 dport=40001 mark=0 use=1
ipv4     2 udp      17 29 src=10.0.0.2 dst=10.96.0.10 sport=1 dport=53 src=10.0.0.9 dst=10.0.0.2 sport=53 dport=1 use=1
ipv6     10 tcp      6 9 ESTABLISHED src=fd00:0000:0000:0000:0000:0000:0000:0002 dst=fd00:0000:0000:0000:0000:0000:0000:0099 sport=4 dport=80 src=fd00:0000:0000:0000:0000:0000:0000:0003 dst=fd00:0000:0000:0000:0000:0000:0000:0002 sport=8080 dport=4 use=1`;

test('conntrack: only translated TCP connections count', () => {
  assert.deepEqual(parseConntrack(LIST), [
    { client: '10.0.0.2:40000', destination: '10.96.0.1:443', actual: '192.168.1.10:6443' },
    { client: '[fd00::2]:4', destination: '[fd00::99]:80', actual: '[fd00::3]:8080' },
  ]);
});

test('conntrack: a line of the event stream reads the same', () => {
  const line =
    '    [NEW] tcp      6 120 SYN_SENT src=10.0.0.2 dst=10.96.0.1 sport=1 dport=80 [UNREPLIED] src=10.0.0.7 dst=10.0.0.2 sport=8080 dport=1';
  assert.deepEqual(parseConntrack(line), [
    { client: '10.0.0.2:1', destination: '10.96.0.1:80', actual: '10.0.0.7:8080' },
  ]);
});

test("the kernel's list is read where nothing better is there", (t) => {
  const procfs = mkdtempSync(join(tmpdir(), 'gumshoe-nat-'));
  t.after(() => rmSync(procfs, { recursive: true }));
  const table = new NatTable(procfs);
  table.refresh();
  assert.match(table.problem, /lists no tracked connections/);
  mkdirSync(join(procfs, '1/net'), { recursive: true });
  writeFileSync(join(procfs, '1/net/nf_conntrack'), LIST);
  table.refresh();
  assert.deepEqual([table.problem, table.source], ['', '/proc/net/nf_conntrack']);
  assert.equal(table.resolve('10.96.0.1:443'), '192.168.1.10:6443');
  assert.equal(table.resolve('10.0.0.3:80'), '10.0.0.3:80');
  writeFileSync(join(procfs, '1/net/nf_conntrack'), '');
  table.refresh();
  assert.equal(table.resolve('10.96.0.1:443'), '10.96.0.1:443');
});

test('a service with several backends: each connection has its own, the latest stands for the rest', () => {
  const table = new NatTable('/nowhere');
  const service = '10.96.0.1:80';
  let known: readonly Translation[] | undefined = [
    { client: '10.0.0.2:1', destination: service, actual: '10.0.0.7:8080' },
    { client: '10.0.0.2:2', destination: service, actual: '10.0.0.8:8080' },
  ];
  table.addSource({ name: 'first', translations: () => known });
  const actualOf = (client: string): string | undefined =>
    client === '10.0.0.2:3' ? '10.0.0.9:8080' : undefined;
  table.addSource({ name: 'second', translations: () => [], actualOf });
  table.refresh();
  assert.equal(table.source, 'first');
  assert.equal(table.resolveConnection('10.0.0.2:1', service), '10.0.0.7:8080');
  assert.equal(table.resolveConnection('10.0.0.2:2', service), '10.0.0.8:8080');
  assert.equal(table.resolveConnection('10.0.0.2:3', service), '10.0.0.9:8080');
  assert.equal(table.resolveConnection('10.0.0.2:4', service), '10.0.0.8:8080');
  known = undefined;
  table.refresh();
  assert.equal(table.source, 'second', 'a source that ends leaves its place to the next');
});
