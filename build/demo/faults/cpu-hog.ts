import type { Fault } from './define.ts';

export const cpuHog: Fault = {
  name: 'cpu-hog',
  title: 'a release of orders burns CPU in recalculate_discounts for every request',
  expected: { application: 'orders', kinds: ['cpu-hog'] },
  async inject(shop) {
    shop.service('orders').signal('SIGUSR1');
  },
  async recover(shop) {
    shop.service('orders').signal('SIGUSR1');
  },
};
