import type { ReceiverDefinition } from '../define.ts';

/** Metadata of the cloud that the machine runs in. */
export const CLOUD: ReceiverDefinition = {
  name: 'cloud',
  gives: 'provider, region, zone and instance type of the machine',
  async open({ config }) {
    const { CloudReceiver } = await import('./receiver.ts');
    const receiver = new CloudReceiver({
      hostRoot: config['host-root'],
      overrides: {
        provider: config.provider,
        region: config.region,
        availability_zone: config['availability-zone'],
        instance_type: config['instance-type'],
        instance_life_cycle: config['instance-life-cycle'],
      },
    });
    return { collect: (sink, now) => receiver.collect(sink, now), status: () => receiver.status() };
  },
};
