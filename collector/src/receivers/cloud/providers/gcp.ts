import type { CloudProvider } from '../facts.ts';

const HEADERS = { headers: { 'Metadata-Flavor': 'Google' } };
const lastPart = (path: string): string => path.split('/').at(-1) ?? '';

export const GCP: CloudProvider = {
  name: 'gcp',
  endpoint: 'http://169.254.169.254',
  recognises: ({ sys_vendor, product_name }) =>
    sys_vendor === 'Google' || product_name === 'Google Compute Engine',
  async read(client) {
    // As text: the number is larger than JavaScript's are exact.
    const instanceId = await client.text('/computeMetadata/v1/instance/id', HEADERS);
    if (!instanceId) return undefined;
    const instance = await client.json('/computeMetadata/v1/instance/?recursive=true', HEADERS);
    const zone = lastPart(instance.at('zone').text);
    const network = instance.at('networkInterfaces').at(0);
    return {
      account_id: (await client.text('/computeMetadata/v1/project/project-id', HEADERS)) ?? '',
      instance_id: instanceId,
      instance_type: lastPart(instance.at('machineType').text),
      instance_life_cycle: instance.at('scheduling').at('preemptible').isTrue ? 'preemptible' : 'on-demand',
      region: zone.replace(/-[a-z]$/, ''),
      availability_zone: zone,
      local_ipv4: network.at('ip').text,
      public_ipv4: network.at('accessConfigs').at(0).at('externalIp').text,
    };
  },
};
