/** What a metadata service answers, by `METHOD path`; a request without `needs` among its headers is refused. */
export interface Answers {
  readonly dmi: Readonly<Record<string, string>>;
  readonly routes: Readonly<Record<string, string>>;
  /** Header and its value on every GET. */
  readonly needs?: readonly [string, string];
  readonly expected: Readonly<Record<string, string>>;
}

const json = (value: unknown): string => JSON.stringify(value);

/** As each provider documents it. */
export const DOCUMENTED: Readonly<Record<string, Answers>> = {
  aws: {
    dmi: { sys_vendor: 'Amazon EC2' },
    needs: ['x-aws-ec2-metadata-token', 'T1'],
    routes: {
      'PUT /latest/api/token': 'T1',
      'GET /latest/dynamic/instance-identity/document': json({
        accountId: '123456789012',
        instanceId: 'i-1234567890abcdef0',
        instanceType: 't2.micro',
        region: 'us-west-2',
        availabilityZone: 'us-west-2b',
        privateIp: '10.158.112.84',
      }),
      'GET /latest/meta-data/instance-life-cycle': 'spot',
      'GET /latest/meta-data/placement/availability-zone-id': 'usw2-az1',
      'GET /latest/meta-data/public-ipv4': '203.0.113.25',
    },
    expected: {
      account_id: '123456789012',
      instance_id: 'i-1234567890abcdef0',
      instance_type: 't2.micro',
      instance_life_cycle: 'spot',
      region: 'us-west-2',
      availability_zone: 'us-west-2b',
      availability_zone_id: 'usw2-az1',
      local_ipv4: '10.158.112.84',
      public_ipv4: '203.0.113.25',
    },
  },
  gcp: {
    dmi: { sys_vendor: 'Google', product_name: 'Google Compute Engine' },
    needs: ['metadata-flavor', 'Google'],
    routes: {
      'GET /computeMetadata/v1/instance/id': '3341842311263817601',
      'GET /computeMetadata/v1/project/project-id': 'shop-prod',
      'GET /computeMetadata/v1/instance/?recursive=true': json({
        machineType: 'projects/42/machineTypes/n1-standard-1',
        zone: 'projects/42/zones/us-central1-a',
        scheduling: { preemptible: 'TRUE' },
        networkInterfaces: [{ ip: '10.128.0.2', accessConfigs: [{ externalIp: '198.51.100.7' }] }],
      }),
    },
    expected: {
      account_id: 'shop-prod',
      instance_id: '3341842311263817601',
      instance_type: 'n1-standard-1',
      instance_life_cycle: 'preemptible',
      region: 'us-central1',
      availability_zone: 'us-central1-a',
      local_ipv4: '10.128.0.2',
      public_ipv4: '198.51.100.7',
    },
  },
  azure: {
    dmi: { sys_vendor: 'Microsoft Corporation', chassis_asset_tag: '7783-7084-3265-9085-8269-3286-77' },
    needs: ['metadata', 'true'],
    routes: {
      'GET /metadata/instance?api-version=2021-02-01': json({
        compute: {
          subscriptionId: 'sub-1',
          vmId: 'vm-1',
          vmSize: 'Standard_A3',
          location: 'westus',
          zone: '1',
          priority: 'Regular',
        },
        network: {
          interface: [
            { ipv4: { ipAddress: [{ privateIpAddress: '10.1.2.5', publicIpAddress: '203.0.113.4' }] } },
          ],
        },
      }),
    },
    expected: {
      account_id: 'sub-1',
      instance_id: 'vm-1',
      instance_type: 'Standard_A3',
      instance_life_cycle: 'on-demand',
      region: 'westus',
      availability_zone: '1',
      local_ipv4: '10.1.2.5',
      public_ipv4: '203.0.113.4',
    },
  },
  hetzner: {
    dmi: { sys_vendor: 'Hetzner' },
    routes: {
      'GET /hetzner/v1/metadata/instance-id': '42',
      'GET /hetzner/v1/metadata/region': 'eu-central',
      'GET /hetzner/v1/metadata/availability-zone': 'fsn1-dc14',
      'GET /hetzner/v1/metadata/public-ipv4': '203.0.113.9',
      'GET /hetzner/v1/metadata/private-networks': '- ip: 10.0.0.2\n  alias_ips: []\n  network_id: 1234\n',
    },
    expected: {
      instance_id: '42',
      region: 'eu-central',
      availability_zone: 'fsn1-dc14',
      local_ipv4: '10.0.0.2',
      public_ipv4: '203.0.113.9',
    },
  },
  digitalocean: {
    dmi: { sys_vendor: 'DigitalOcean' },
    routes: {
      'GET /metadata/v1.json': json({
        droplet_id: 2756294,
        region: 'nyc3',
        interfaces: {
          private: [{ ipv4: { ip_address: '10.132.255.113' } }],
          public: [{ ipv4: { ip_address: '198.51.100.20' } }],
        },
      }),
    },
    expected: {
      instance_id: '2756294',
      region: 'nyc3',
      local_ipv4: '10.132.255.113',
      public_ipv4: '198.51.100.20',
    },
  },
  alibaba: {
    dmi: { sys_vendor: 'Alibaba Cloud' },
    needs: ['x-aliyun-ecs-metadata-token', 'T2'],
    routes: {
      'PUT /latest/api/token': 'T2',
      'GET /latest/meta-data/instance-id': 'i-bp1',
      'GET /latest/meta-data/owner-account-id': '1609',
      'GET /latest/meta-data/instance/instance-type': 'ecs.g6.large',
      'GET /latest/meta-data/region-id': 'cn-hangzhou',
      'GET /latest/meta-data/zone-id': 'cn-hangzhou-i',
      'GET /latest/meta-data/private-ipv4': '192.168.0.5',
      'GET /latest/meta-data/eipv4': '203.0.113.77',
    },
    expected: {
      account_id: '1609',
      instance_id: 'i-bp1',
      instance_type: 'ecs.g6.large',
      region: 'cn-hangzhou',
      availability_zone: 'cn-hangzhou-i',
      local_ipv4: '192.168.0.5',
      public_ipv4: '203.0.113.77',
    },
  },
  scaleway: {
    dmi: { sys_vendor: 'Scaleway' },
    routes: {
      'GET /conf?format=json': json({
        id: 'uuid-1',
        organization: 'org-1',
        commercial_type: 'DEV1-S',
        zone: 'fr-par-1',
        private_ip: '10.8.40.1',
        public_ip: { address: '203.0.113.8' },
      }),
    },
    expected: {
      account_id: 'org-1',
      instance_id: 'uuid-1',
      instance_type: 'DEV1-S',
      region: 'fr-par',
      availability_zone: 'fr-par-1',
      local_ipv4: '10.8.40.1',
      public_ipv4: '203.0.113.8',
    },
  },
  ibm: {
    dmi: { chassis_vendor: 'IBM:Cloud Compute Server 1.0:bx2-4x16' },
    needs: ['authorization', 'Bearer T3'],
    routes: {
      'PUT /instance_identity/v1/token?version=2022-03-01': json({ access_token: 'T3' }),
      'GET /metadata/v1/instance?version=2022-03-01': json({
        id: 'eu-1',
        crn: 'crn:v1:bluemix:public:is:us-south-1:a/acc-9::instance:eu-1',
        profile: { name: 'bx2-4x16' },
        zone: { name: 'us-south-1' },
        primary_network_interface: { primary_ip: { address: '10.0.0.32' } },
      }),
    },
    expected: {
      account_id: 'acc-9',
      instance_id: 'eu-1',
      instance_type: 'bx2-4x16',
      region: 'us-south',
      availability_zone: 'us-south-1',
      local_ipv4: '10.0.0.32',
    },
  },
  oracle: {
    dmi: { chassis_asset_tag: 'OracleCloud.com' },
    needs: ['authorization', 'Bearer Oracle'],
    routes: {
      'GET /opc/v2/instance/': json({
        id: 'ocid1.instance.1',
        tenantId: 'ocid1.tenancy.1',
        shape: 'VM.Standard.E3.Flex',
        canonicalRegionName: 'us-phoenix-1',
        region: 'phx',
        availabilityDomain: 'EMIr:PHX-AD-1',
      }),
      'GET /opc/v2/vnics/': json([{ privateIp: '10.0.3.6' }]),
    },
    expected: {
      account_id: 'ocid1.tenancy.1',
      instance_id: 'ocid1.instance.1',
      instance_type: 'VM.Standard.E3.Flex',
      region: 'us-phoenix-1',
      availability_zone: 'EMIr:PHX-AD-1',
      local_ipv4: '10.0.3.6',
    },
  },
};
