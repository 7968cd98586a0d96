import type { Fault } from './define.ts';

const REPLICAS = ['api@1', 'api@2'];

export const killApi: Fault = {
  name: 'kill-api',
  title: 'the API is scaled to zero replicas, later back to two',
  expected: { application: 'api', kinds: ['instance-down'] },
  async inject(shop) {
    await Promise.all(REPLICAS.map((unit) => shop.service(unit).stop('SIGKILL')));
  },
  async recover(shop) {
    for (const unit of REPLICAS) shop.service(unit).start();
  },
};
