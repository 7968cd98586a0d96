import type { CloudProvider } from '../facts.ts';

const VERSION = 'version=2022-03-01';

/** Virtual servers of IBM Cloud VPC; the service has to be enabled for the instance. */
export const IBM: CloudProvider = {
  name: 'ibm',
  endpoint: 'http://169.254.169.254',
  recognises: ({ chassis_vendor, sys_vendor }) =>
    [chassis_vendor, sys_vendor].some((vendor) => vendor.startsWith('IBM:Cloud')),
  async read(client) {
    const token = await client.json(`/instance_identity/v1/token?${VERSION}`, {
      method: 'PUT',
      headers: { 'Metadata-Flavor': 'ibm', 'Content-Type': 'application/json' },
      body: JSON.stringify({ expires_in: 300 }),
    });
    const access = token.at('access_token').text;
    if (!access) return undefined;
    const instance = await client.json(`/metadata/v1/instance?${VERSION}`, {
      headers: { Authorization: `Bearer ${access}` },
    });
    const zone = instance.at('zone').at('name').text;
    return {
      account_id: /:a\/([^:]+):/.exec(instance.at('crn').text)?.[1] ?? '',
      instance_id: instance.at('id').text,
      instance_type: instance.at('profile').at('name').text,
      region: zone.replace(/-\d+$/, ''),
      availability_zone: zone,
      local_ipv4: instance.at('primary_network_interface').at('primary_ip').at('address').text,
    };
  },
};
