import type { ReceiverDefinition } from '../define.ts';

/** Address translation: which backend answers behind a service address. */
export const NAT: ReceiverDefinition = {
  name: 'nat',
  gives: 'backends behind translated addresses, as far as /proc does not list them',
  async open({ config, target, nat }) {
    const { openNatReceiver } = await import('./open.ts');
    const receiver = openNatReceiver(target, { procfs: config.procfs, hostRoot: config['host-root'] }, nat);
    return {
      programs: () => receiver.programs,
      status: () => receiver.status(),
      stop: () => receiver.stop(),
    };
  },
};
