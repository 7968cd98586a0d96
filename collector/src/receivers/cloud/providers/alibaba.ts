import type { CloudProvider } from '../facts.ts';

/** Elastic Compute Service, with a token as its hardened mode asks for. */
export const ALIBABA: CloudProvider = {
  name: 'alibaba',
  endpoint: 'http://100.100.100.200',
  recognises: ({ sys_vendor }) => sys_vendor === 'Alibaba Cloud',
  async read(client) {
    const token = await client.text('/latest/api/token', {
      method: 'PUT',
      headers: { 'X-aliyun-ecs-metadata-token-ttl-seconds': '300' },
    });
    const options = token ? { headers: { 'X-aliyun-ecs-metadata-token': token } } : {};
    const of = async (name: string) => (await client.text(`/latest/meta-data/${name}`, options)) ?? '';
    const instanceId = await of('instance-id');
    if (!instanceId) return undefined;
    return {
      account_id: await of('owner-account-id'),
      instance_id: instanceId,
      instance_type: await of('instance/instance-type'),
      region: await of('region-id'),
      availability_zone: await of('zone-id'),
      local_ipv4: await of('private-ipv4'),
      public_ipv4: (await of('eipv4')) || (await of('public-ipv4')),
    };
  },
};
