import type { CloudProvider } from '../facts.ts';

const HEADERS = { headers: { Authorization: 'Bearer Oracle' } };

/** Oracle Cloud Infrastructure, version 2 of its metadata. */
export const ORACLE: CloudProvider = {
  name: 'oracle',
  endpoint: 'http://169.254.169.254',
  recognises: ({ chassis_asset_tag }) => chassis_asset_tag === 'OracleCloud.com',
  async read(client) {
    const instance = await client.json('/opc/v2/instance/', HEADERS);
    if (!instance.exists) return undefined;
    const network = await client.json('/opc/v2/vnics/', HEADERS);
    return {
      account_id: instance.at('tenantId').text,
      instance_id: instance.at('id').text,
      instance_type: instance.at('shape').text,
      region: instance.at('canonicalRegionName').text || instance.at('region').text,
      availability_zone: instance.at('availabilityDomain').text,
      local_ipv4: network.at(0).at('privateIp').text,
    };
  },
};
