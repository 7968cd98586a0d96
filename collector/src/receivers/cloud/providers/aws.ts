import type { CloudProvider } from '../facts.ts';

/** EC2 instance metadata, version 2 (with a token). */
export const AWS: CloudProvider = {
  name: 'aws',
  endpoint: 'http://169.254.169.254',
  recognises: ({ sys_vendor, bios_vendor }) => [sys_vendor, bios_vendor].includes('Amazon EC2'),
  async read(client) {
    const token = await client.text('/latest/api/token', {
      method: 'PUT',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '300' },
    });
    if (!token) return undefined;
    const options = { headers: { 'X-aws-ec2-metadata-token': token } };
    const document = await client.json('/latest/dynamic/instance-identity/document', options);
    const of = async (name: string) => (await client.text(`/latest/meta-data/${name}`, options)) ?? '';
    return {
      account_id: document.at('accountId').text,
      instance_id: document.at('instanceId').text,
      instance_type: document.at('instanceType').text,
      region: document.at('region').text,
      availability_zone: document.at('availabilityZone').text,
      local_ipv4: document.at('privateIp').text,
      instance_life_cycle: await of('instance-life-cycle'),
      availability_zone_id: await of('placement/availability-zone-id'),
      public_ipv4: await of('public-ipv4'),
    };
  },
};
