import type { CloudProvider } from '../facts.ts';

/** Chassis tag of every Azure machine, and of no other Hyper-V guest. */
const CHASSIS = '7783-7084-3265-9085-8269-3286-77';

export const AZURE: CloudProvider = {
  name: 'azure',
  endpoint: 'http://169.254.169.254',
  recognises: ({ chassis_asset_tag }) => chassis_asset_tag === CHASSIS,
  async read(client) {
    const answer = await client.json('/metadata/instance?api-version=2021-02-01', {
      headers: { Metadata: 'true' },
    });
    const compute = answer.at('compute');
    if (!compute.exists) return undefined;
    const address = answer.at('network').at('interface').at(0).at('ipv4').at('ipAddress').at(0);
    return {
      account_id: compute.at('subscriptionId').text,
      instance_id: compute.at('vmId').text,
      instance_type: compute.at('vmSize').text,
      instance_life_cycle: compute.at('priority').text === 'Spot' ? 'spot' : 'on-demand',
      region: compute.at('location').text,
      availability_zone: compute.at('zone').text,
      local_ipv4: address.at('privateIpAddress').text,
      public_ipv4: address.at('publicIpAddress').text,
    };
  },
};
