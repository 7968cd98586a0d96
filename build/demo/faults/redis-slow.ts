import type { Fault } from './define.ts';

/** About a second of one core; Redis serves nobody else meanwhile. */
const SCRIPT = 'local n = 0 for i = 1, 240000000 do n = n + i end return n';

export const redisSlow: Fault = {
  name: 'redis-slow',
  title: 'a reporting job runs a heavy Lua script on Redis again and again',
  expected: { application: 'redis', kinds: ['redis-slow'] },
  async inject(shop) {
    const args = ['-h', shop.address('redis'), '-r', '-1', '-i', '0.05', 'EVAL', SCRIPT, '0'];
    shop.run('reporting', 'redis-cli', args, { restart: false });
  },
  async recover(shop) {
    await shop.service('reporting').stop('SIGKILL');
  },
};
