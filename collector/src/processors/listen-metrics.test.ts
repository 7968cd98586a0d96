import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListenEvent } from '../receivers/ebpf/process-event.ts';
import { ListenMetrics } from './listen-metrics.ts';
import { collected } from './testdata/collected.ts';

function make() {
  const alive = new Set([10, 11, 20]);
  const listening = new Set(['0.0.0.0:80']);
  const metrics = new ListenMetrics({
    containerOf: (tgid) => ({ containerId: tgid < 20 ? '/a' : '/b' }),
    counts: (_netns, address, port) => !address.startsWith('127.') && port < 32768,
    processOf: (container, tgid) => {
      if (alive.has(tgid)) return tgid;
      return [...alive].find((other) => other < 20 === (container.containerId === '/a'));
    },
    addressesOf: () => ['10.0.0.2', '127.0.0.1', '2001:db8::2'],
    isListening: (_tgid, address, port) => listening.has(`${address}:${port}`),
    expireAfter: 100,
  });
  const listen = (over: Partial<ListenEvent> = {}) =>
    metrics.onListen(
      { open: true, tgid: 10, cgroupId: 1n, netns: 5, address: '0.0.0.0', port: 80, ...over },
      0,
    );
  return { metrics, alive, listening, listen };
}

const OPEN = {
  '/a container_net_tcp_listen_info{listen_addr=10.0.0.2:80,proxy=}': 1,
  '/a container_net_tcp_listen_info{listen_addr=[2001:db8::2]:80,proxy=}': 1,
};
const CLOSED = {
  '/a container_net_tcp_listen_info{listen_addr=10.0.0.2:80,proxy=}': 0,
  '/a container_net_tcp_listen_info{listen_addr=[2001:db8::2]:80,proxy=}': 0,
};

test('any address is shown as each address of the namespace that counts', () => {
  const { metrics, listen } = make();
  listen();
  listen({ tgid: 20, address: '10.0.0.3', port: 6379 });
  listen({ tgid: 20, address: '10.0.0.3', port: 45000 });
  listen({ tgid: 20, address: '127.0.0.1', port: 6380 });
  metrics.update(1);
  assert.deepEqual(collected(metrics), {
    ...OPEN,
    '/b container_net_tcp_listen_info{listen_addr=10.0.0.3:6379,proxy=}': 1,
  });
});

test('a closed socket is shown as 0, then not at all', () => {
  const { metrics, listen } = make();
  listen();
  metrics.update(1);
  listen({ open: false });
  metrics.update(100);
  assert.deepEqual(collected(metrics), CLOSED);
  metrics.update(101);
  assert.deepEqual(collected(metrics), {});
});

test('a daemon whose parent opened the socket and left still listens', () => {
  const { metrics, alive, listening, listen } = make();
  listen();
  metrics.update(1);
  alive.delete(10);
  metrics.onExit(10);
  metrics.update(2);
  assert.deepEqual(collected(metrics), OPEN);
  listening.clear();
  metrics.onExit(11);
  metrics.update(3);
  assert.deepEqual(collected(metrics), CLOSED);
});

test('sockets that share an endpoint: one closing is checked, all gone is closed', () => {
  const { metrics, alive, listen } = make();
  listen();
  listen({ tgid: 11 });
  metrics.update(1);
  listen({ tgid: 11, open: false });
  metrics.update(2);
  assert.deepEqual(collected(metrics), OPEN);
  alive.delete(10);
  alive.delete(11);
  metrics.update(3);
  assert.deepEqual(collected(metrics), CLOSED);
});
