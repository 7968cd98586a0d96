import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataMounts, isRemote, mountOf, parseMountinfo, upperDirectory } from './mountinfo.ts';
import { parseListenCounters } from './network-namespaces.ts';

const POD = '/var/lib/kubelet/pods/1b2c3d4e-1111-2222-3333-444455556666';
const CLAIM = 'pvc-0a1b2c3d-1111-2222-3333-444455556666';
const TEXT = `\
1190 1032 0:112 / / rw,relatime master:411 - overlay overlay rw,lowerdir=/l/1:/l/2,upperdir=/var/lib/containerd/snap/9/fs,workdir=/var/lib/containerd/snap/9/work
1191 1190 0:114 / /proc rw,nosuid - proc proc rw
1192 1190 0:115 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k
1200 1190 8:17 ${POD}/volumes/kubernetes.io~csi/${CLAIM}/mount /var/lib/postgresql/data rw,relatime - ext4 /dev/sdb1 rw
1201 1190 8:1 ${POD}/etc-hosts /etc/hosts rw,relatime - ext4 /dev/sda1 rw
1202 1190 0:60 / /mnt/with\\040space rw - nfs4 10.0.0.1:/export rw,vers=4.2
1203 1190 0:61 / /run/secrets ro - tmpfs tmpfs rw
garbage`;

test('mounts that hold data: root, disks, other machines', () => {
  const mounts = dataMounts(parseMountinfo(TEXT));
  assert.deepEqual(
    mounts.map((mount) => [mount.mountPoint, mount.type, isRemote(mount)]),
    [
      ['/', 'overlay', false],
      ['/var/lib/postgresql/data', 'ext4', false],
      ['/mnt/with space', 'nfs4', true],
    ],
  );
  assert.ok(mounts[1]?.root.includes(CLAIM));
  assert.equal(mounts[0] && upperDirectory(mounts[0]), '/var/lib/containerd/snap/9/fs');
});

test('a path is on the innermost mount, the last of several at one place', () => {
  const mounts = parseMountinfo(TEXT);
  assert.equal(mountOf('/var/lib/postgresql/data/base/1', mounts)?.number, '8:17');
  assert.equal(mountOf('/var/lib/postgresql/database', mounts)?.number, '0:112');
  assert.equal(mountOf('socket:[1]', mounts), undefined);
  const twice = parseMountinfo('1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / / rw - xfs /dev/sda2 rw');
  assert.deepEqual(
    twice.map(({ number }) => number),
    ['8:2'],
  );
});

test('accept queues of a network namespace', () => {
  const text =
    'TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 7 9\nIpExt: InNoRoutes\nIpExt: 0\n';
  assert.deepEqual(parseListenCounters(text), { overflows: 7, drops: 9 });
  assert.equal(parseListenCounters(''), undefined);
});
