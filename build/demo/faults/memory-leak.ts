import type { Fault } from './define.ts';

let active = false;

export const memoryLeak: Fault = {
  name: 'memory-leak',
  title: 'orders leaks memory with every request until its cgroup limit (128 MiB) kills it, again and again',
  expected: { application: 'orders', kinds: ['memory-oom', 'memory-leak'] },
  async inject(shop) {
    const orders = shop.service('orders');
    active = true;
    // a restarted process has forgotten the signal; Python needs a moment to install its handler
    orders.onRestart(() => setTimeout(() => active && orders.signal('SIGUSR2'), 1500).unref());
    orders.signal('SIGUSR2');
  },
  async recover(shop) {
    active = false;
    shop.service('orders').signal('SIGUSR2');
  },
};
