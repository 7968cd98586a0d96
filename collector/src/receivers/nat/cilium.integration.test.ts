import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { NatTable } from '../../identity/conntrack.ts';
import { CiliumMaps } from './cilium.ts';

const BPFTOOL = ['/usr/sbin/bpftool', '/usr/bin/bpftool'].find((path) => existsSync(path));
const skip = process.getuid?.() !== 0 ? 'needs root' : BPFTOOL ? false : 'bpftool is not installed';

/** Bytes as bpftool takes them. */
const hex = (text: string): string[] => ['hex', ...text.trim().split(/\s+/)];

describe("Cilium's pinned maps, real maps of its layout filled by hand", { skip }, () => {
  const root = mkdtempSync(join(tmpdir(), 'gumshoe-cilium-'));
  const folder = join(root, 'sys/fs/bpf/tc/globals');
  const bpffs = join(root, 'sys/fs/bpf');
  const bpftool = (...args: readonly string[]): Buffer => execFileSync(BPFTOOL ?? '', args);
  const map = (name: string, key: number, value: number): void => {
    const path = join(folder, `cilium_${name}`);
    bpftool(
      ...['map', 'create', path, 'type', 'hash', 'key', String(key), 'value', String(value)],
      ...['entries', '16', 'name', name.slice(0, 15)],
    );
  };
  const put = (name: string, key: string, value: string): Buffer =>
    bpftool(
      'map',
      'update',
      'pinned',
      join(folder, `cilium_${name}`),
      'key',
      ...hex(key),
      'value',
      ...hex(value),
    );

  let cilium: CiliumMaps;
  before(() => {
    mkdirSync(bpffs, { recursive: true });
    execFileSync('mount', ['-t', 'bpf', 'bpf', bpffs]);
    mkdirSync(folder, { recursive: true });
    map('ct4_global', 14, 56);
    map('lb4_services_v2', 12, 12);
    map('lb4_backends_v3', 4, 12);
    map('lb6_backends_v3', 4, 24);
    map('ct6_global', 38, 56);
    const zeros = (count: number): string => '00 '.repeat(count);
    // 10.0.1.5:40000 → 10.96.0.1:80, TCP, service: backend 7
    put('ct4_global', '0a 60 00 01 0a 00 01 05 9c 40 00 50 06 04', `${zeros(8)} 07 ${zeros(47)}`);
    // 10.0.2.9:8080
    put('lb4_backends_v3', '07 00 00 00', '0a 00 02 09 1f 90 06 00 00 00 00 00');
    put('lb4_backends_v3', '08 00 00 00', '0a 00 02 0a 1f 90 06 00 00 00 00 00');
    // 10.96.0.2:443 has one backend, 10.96.0.1:80 two
    put('lb4_services_v2', '0a 60 00 02 01 bb 00 00 00 00 00 00', '00 00 00 00 01 00 00 00 00 00 00 00');
    put('lb4_services_v2', '0a 60 00 02 01 bb 01 00 00 00 00 00', '08 00 00 00 00 00 00 00 00 00 00 00');
    put('lb4_services_v2', '0a 60 00 01 00 50 00 00 06 00 00 00', '00 00 00 00 02 00 00 00 00 00 00 00');
    const fd = (last: string): string => `fd 00 ${zeros(13)} ${last}`;
    put('ct6_global', `${fd('99')} ${fd('02')} 9c 40 00 50 06 04`, `${zeros(8)} 03 ${zeros(47)}`);
    put('lb6_backends_v3', '03 00 00 00', `${fd('07')} 1f 90 06 00 ${zeros(4)}`);
    cilium = new CiliumMaps(root);
  });
  after(() => {
    cilium?.close();
    execFileSync('umount', [bpffs]);
    rmSync(root, { recursive: true });
  });

  test('a connection is known by its backend', () => {
    assert.equal(cilium.present, true);
    assert.equal(cilium.actualOf('10.0.1.5:40000', '10.96.0.1:80'), '10.0.2.9:8080');
    assert.equal(cilium.actualOf('10.0.1.5:40001', '10.96.0.1:80'), undefined);
    assert.equal(cilium.actualOf('[fd00::2]:40000', '[fd00::99]:80'), '[fd00::7]:8080');
    assert.equal(cilium.actualOf('nonsense', '10.96.0.1:80'), undefined);
  });

  test('a service with one backend is known without a connection', () => {
    assert.equal(cilium.onlyActualOf('10.96.0.2:443'), '10.0.2.10:8080');
    assert.equal(cilium.onlyActualOf('10.96.0.1:80'), undefined);
  });

  test('the table asks it for what nothing else knows', () => {
    const table = new NatTable('/nowhere');
    table.addSource(cilium);
    assert.equal(table.resolveConnection('10.0.1.5:40000', '10.96.0.1:80'), '10.0.2.9:8080');
    assert.equal(table.resolve('10.96.0.2:443'), '10.0.2.10:8080');
    assert.equal(table.resolve('10.96.0.9:443'), '10.96.0.9:443');
  });

  test('a machine without Cilium', () => {
    const none = new CiliumMaps('/nowhere');
    assert.equal(none.present, false);
    assert.equal(none.actualOf('10.0.1.5:40000', '10.96.0.1:80'), undefined);
  });
});
