import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listeningSockets, localIpv4Addresses, localIpv6Addresses } from './proc-net.ts';

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   105        0 4712 1 0 100 0 0 10 0
   2: 0100007F:1538 0100007F:D431 01 00000000:00000000 00:00000000 00000000   105        0 4713 1 0 100 0 0 10 0
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 00000000 0 0 51 1
   1: 0000000000000000FFFF00000100007F:0051 00000000000000000000000000000000:0000 0A 0:0 00:0 00000000 0 0 52 1
   2: B80D0120000000000000000001000000:0052 00000000000000000000000000000000:0000 0A 0:0 00:0 00000000 0 0 53 1
`;

test('listening sockets of both families', () => {
  assert.deepEqual(listeningSockets(TCP), [
    { address: '0.0.0.0', port: 8080, inode: 4711 },
    { address: '127.0.0.1', port: 5432, inode: 4712 },
  ]);
  assert.deepEqual(listeningSockets(TCP6), [
    { address: '::', port: 80, inode: 51 },
    { address: '127.0.0.1', port: 81, inode: 52 },
    { address: '2001:db8::1', port: 82, inode: 53 },
  ]);
});

test('cut and foreign files give nothing', () => {
  assert.deepEqual(listeningSockets(''), []);
  assert.deepEqual(listeningSockets('a\nb c d e f g h i j k\n'), []);
  assert.deepEqual(localIpv4Addresses('nothing'), []);
  assert.deepEqual(localIpv6Addresses('zz 01 80 00'), []);
});

test('addresses of a namespace', () => {
  const trie = `Local:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.77.0.0
        /24 link UNICAST
     |-- 10.77.0.2
        /32 host LOCAL
     |-- 10.77.0.255
        /32 link BROADCAST
     +-- 127.0.0.0/8 2 0 2
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
`;
  assert.deepEqual(localIpv4Addresses(trie), ['10.77.0.2', '127.0.0.1']);
  const inet6 = `00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000a8bbccfffe000001 02 40 20 80     eth0
20010db8000000000000000000000007 02 40 00 80     eth0
`;
  assert.deepEqual(localIpv6Addresses(inet6), ['::1', '2001:db8::7']);
});
