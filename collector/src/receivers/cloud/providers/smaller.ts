import type { CloudProvider } from '../facts.ts';

export const HETZNER: CloudProvider = {
  name: 'hetzner',
  endpoint: 'http://169.254.169.254',
  recognises: ({ sys_vendor }) => sys_vendor === 'Hetzner',
  async read(client) {
    const of = async (name: string) => (await client.text(`/hetzner/v1/metadata/${name}`))?.trim() ?? '';
    const instanceId = await of('instance-id');
    if (!instanceId) return undefined;
    return {
      instance_id: instanceId,
      region: await of('region'),
      availability_zone: await of('availability-zone'),
      public_ipv4: await of('public-ipv4'),
      local_ipv4: /^\s*-?\s*ip:\s*(\S+)/m.exec(await of('private-networks'))?.[1] ?? '',
    };
  },
};

export const DIGITALOCEAN: CloudProvider = {
  name: 'digitalocean',
  endpoint: 'http://169.254.169.254',
  recognises: ({ sys_vendor }) => sys_vendor === 'DigitalOcean',
  async read(client) {
    const droplet = await client.json('/metadata/v1.json');
    if (!droplet.exists) return undefined;
    const address = (kind: string) =>
      droplet.at('interfaces').at(kind).at(0).at('ipv4').at('ip_address').text;
    return {
      instance_id: droplet.at('droplet_id').text,
      region: droplet.at('region').text,
      local_ipv4: address('private'),
      public_ipv4: address('public'),
    };
  },
};

export const SCALEWAY: CloudProvider = {
  name: 'scaleway',
  endpoint: 'http://169.254.42.42',
  recognises: ({ sys_vendor }) => sys_vendor === 'Scaleway',
  async read(client) {
    const server = await client.json('/conf?format=json');
    if (!server.exists) return undefined;
    const zone = server.at('zone').text || server.at('location').at('zone_id').text;
    return {
      account_id: server.at('organization').text,
      instance_id: server.at('id').text,
      instance_type: server.at('commercial_type').text,
      region: zone.replace(/-\d+$/, ''),
      availability_zone: zone,
      local_ipv4: server.at('private_ip').text,
      public_ipv4: server.at('public_ip').at('address').text,
    };
  },
};
