import { command } from '../command.ts';
import type { Shop } from '../shop.ts';
import type { Fault } from './define.ts';

function rule(shop: Shop, action: '-I' | '-D'): void {
  const words = [
    '-p',
    'tcp',
    '-d',
    shop.address('orders'),
    '--dport',
    '8000',
    '-j',
    'REJECT',
    '--reject-with',
    'tcp-reset',
  ];
  for (const unit of ['api@1', 'api@2'])
    command('nsenter', [
      `--net=/run/netns/${shop.namespace(unit)}`,
      'iptables',
      '-w',
      action,
      'OUTPUT',
      ...words,
    ]);
}

export const networkLoss: Fault = {
  name: 'network-loss',
  title: 'a firewall rule refuses connections from the API hosts to orders',
  expected: { application: 'orders', kinds: ['tcp-refused'] },
  async inject(shop) {
    rule(shop, '-I');
  },
  async recover(shop) {
    rule(shop, '-D');
  },
};
