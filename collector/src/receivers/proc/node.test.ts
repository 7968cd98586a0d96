import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { IntervalSamples } from '../../pipeline/registry.ts';
import { NodeSource } from './node.ts';

const FACTS = { machineId: 'm', systemUuid: 'u', hostname: 'h', kernel: 'k', architecture: 'x64' };

function collect(t: TestContext, files: Readonly<Record<string, string>>): ReadonlyMap<string, number> {
  const root = mkdtempSync(join(tmpdir(), 'gumshoe-node-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  const sink = new IntervalSamples({ machineLabels: {}, maxSeriesPerContainer: 1 }, 0);
  new NodeSource(join(root, 'proc'), FACTS, join(root, 'sys')).collect(sink);
  return new Map(
    sink.samples.map(({ labels: { __name__: name, ...labels }, value }) => [
      [name, ...Object.values(labels)].join(' '),
      value,
    ]),
  );
}

test('disks of every kind, partitions and memory not', (t) => {
  const kinds = [
    'sda',
    'hda',
    'xvda',
    'vda',
    'nvme0n1',
    'nvme0c1n1',
    'mmcblk0',
    'dm-0',
    'md127',
    'rbd0',
    'nbd1',
    'drbd0',
    'bcache0',
    'pmem0',
    'dasda',
    'zd16',
  ];
  const others = ['sda1', 'nvme0n1p1', 'mmcblk0p2', 'loop0', 'ram0', 'zram0', 'sr0', 'dasda1'];
  const diskstats = [...kinds, ...others]
    .map((name) => `   8 0 ${name} 1 0 4 5000 2 0 8 6000 0 7000 0 0 0 0 0 0 0`)
    .join('\n');
  const found = collect(t, { 'proc/diskstats': diskstats });
  for (const kind of kinds) {
    assert.equal(found.get(`node_resources_disk_reads_total ${kind}`), 1, kind);
    assert.equal(found.get(`node_resources_disk_read_bytes_total ${kind}`), 2048);
    assert.equal(found.get(`node_resources_disk_write_time_seconds_total ${kind}`), 6);
    assert.equal(found.get(`node_resources_disk_io_time_seconds_total ${kind}`), 7);
  }
  for (const other of others)
    assert.equal(found.get(`node_resources_disk_reads_total ${other}`), undefined, other);
});

test('what runs out on the network', (t) => {
  const line = (index: number, port: string, state: string): string =>
    `   ${index}: 0100007F:${port} 0100007F:0050 ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1`;
  const found = collect(t, {
    'proc/1/net/netstat': 'TcpExt: ListenOverflows ListenDrops\nTcpExt: 3 4\n',
    'proc/sys/net/netfilter/nf_conntrack_count': '120\n',
    'proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
    'proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
    'proc/1/net/sockstat': 'sockets: used 9\nTCP: inuse 5 orphan 0 tw 1 alloc 5 mem 1\n',
    'proc/1/net/tcp': [
      '  sl  local_address rem_address   st',
      line(0, '9C40', '01'),
      line(1, '9C40', '06'),
      line(2, '9C41', '0A'),
      line(3, '0050', '01'),
    ].join('\n'),
    'proc/1/net/tcp6':
      '   0: 00000000000000000000000000000000:9C42 00000000000000000000000000000000:0050 01 ',
  });
  assert.equal(found.get('node_net_tcp_listen_overflows_total'), 3);
  assert.equal(found.get('node_net_tcp_listen_drops_total'), 4);
  assert.equal(found.get('node_net_conntrack_entries'), 120);
  assert.equal(found.get('node_net_conntrack_entries_limit'), 262144);
  assert.equal(found.get('node_net_ephemeral_ports'), 28232);
  assert.equal(found.get('node_net_ephemeral_ports_used'), 2);
});

test('a machine with too many sockets to list does not say how many ports they use', (t) => {
  const found = collect(t, {
    'proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
    'proc/1/net/sockstat': 'TCP: inuse 90000 orphan 0 tw 1 alloc 5 mem 1\n',
  });
  assert.equal(found.get('node_net_ephemeral_ports_used'), undefined);
  assert.equal(found.get('node_net_conntrack_entries'), undefined);
});

test('interfaces are up by their carrier, or as they are set', (t) => {
  const dev = (name: string): string => `  ${name}: 10 1 0 0 0 0 0 0 20 2 0 0 0 0 0 0`;
  const found = collect(t, {
    'proc/1/net/dev': ['Inter-|', ' face |', dev('eth0'), dev('eth1'), dev('bond0'), dev('veth1')].join('\n'),
    'sys/class/net/eth0/operstate': 'up\n',
    'sys/class/net/eth1/operstate': 'down\n',
    'sys/class/net/bond0/operstate': 'unknown\n',
    'sys/class/net/bond0/flags': '0x1003\n',
  });
  const up = (name: string): number | undefined => found.get(`node_net_interface_up ${name}`);
  assert.deepEqual([up('eth0'), up('eth1'), up('bond0'), up('veth1')], [1, 0, 1, undefined]);
  assert.equal(found.get('node_net_transmitted_bytes_total eth0'), 20);
});
