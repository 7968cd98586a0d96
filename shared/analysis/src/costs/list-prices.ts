/** On-demand list prices of one cloud's machines with Linux, in USD an hour. They age: `asOf` says how old they are. */
export interface ListedMachine {
  readonly hour: number;
  readonly source: ListSource;
}

export interface ListSource {
  readonly provider: 'aws' | 'azure' | 'gcp';
  /** Where these prices are asked; other regions differ, mostly by up to a third. */
  readonly region: string;
  readonly asOf: string;
}

/** Price list of Amazon's API as published with Karpenter's provider for AWS. */
const AWS: ListSource = { provider: 'aws', region: 'us-east-1', asOf: '2026-01-19' };
/** Retail prices of Azure's API as published with Karpenter's provider for Azure. */
const AZURE: ListSource = { provider: 'azure', region: 'eastus2', asOf: '2023-12-18' };
/** Cloud Billing's prices as published with Karpenter's provider for GCP, whose list has no date of its own. */
const GCP: ListSource = { provider: 'gcp', region: 'us-central1', asOf: '2025 or 2026' };

/**
 * What a GiB costs that leaves a zone for another, and the cloud for the internet (the first 10 TB of a month, in GCP the
 * first), early 2026. Between zones Azure asks nothing.
 */
const TRAFFIC: Readonly<Record<string, { readonly crossZoneGib: number; readonly internetGib: number }>> = {
  aws: { crossZoneGib: 0.01, internetGib: 0.09 },
  azure: { crossZoneGib: 0, internetGib: 0.087 },
  gcp: { crossZoneGib: 0.01, internetGib: 0.12 },
};

export const listedTraffic = (provider: string) => TRAFFIC[provider.toLowerCase()];

/** What a machine of a type costs by the list; undefined where the list has no such family. */
export function listedMachine(provider: string, instanceType: string): ListedMachine | undefined {
  const list = LISTS.find(({ source }) => source.provider === provider.toLowerCase());
  const hour = list?.hourOf(instanceType);
  return list && hour !== undefined ? { hour, source: list.source } : undefined;
}

const numbers = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .trim()
      .split(/\s+/)
      .map((entry) => entry.split('='))
      .map(([name, value]) => [name!, Number(value)]),
  );

/** Of the size `large` of each family; all sizes cost in proportion. GPUs and bare metal do not, and are left out. */
const AWS_LARGE = numbers(`
  c4=0.1 c5=0.085 c5a=0.077 c5ad=0.086 c5d=0.096 c5n=0.108 c6a=0.0765 c6g=0.068 c6gd=0.0768 c6gn=0.0864 c6i=0.085
  c6id=0.1008 c6in=0.1134 c7a=0.10264 c7g=0.0725 c7gd=0.0907 c7gn=0.1248 c7i=0.08925 c7i-flex=0.08479 c8a=0.10777
  c8g=0.07976 c8gd=0.09798 c8i=0.09371 c8i-flex=0.08902
  i3=0.156 i3en=0.226 i4g=0.15444 i4i=0.172 i7i=0.1888 i7ie=0.2599 i8g=0.1716
  m4=0.1 m5=0.096 m5a=0.086 m5ad=0.103 m5d=0.113 m5dn=0.136 m5n=0.119 m6a=0.0864 m6g=0.077 m6gd=0.0904 m6i=0.096
  m6id=0.11865 m6in=0.13923 m7a=0.11592 m7g=0.0816 m7gd=0.1068 m7i=0.1008 m7i-flex=0.09576 m8a=0.12172 m8g=0.08976
  m8gd=0.11532 m8i=0.10584 m8i-flex=0.10055
  r4=0.133 r5=0.126 r5a=0.113 r5ad=0.131 r5b=0.149 r5d=0.144 r5dn=0.167 r5n=0.149 r6a=0.1134 r6g=0.1008 r6gd=0.1152
  r6i=0.126 r6id=0.1512 r6in=0.17433 r7a=0.15215 r7g=0.1071 r7gd=0.1361 r7i=0.1323 r7iz=0.186 r8a=0.15976 r8g=0.11782
  r8gd=0.14696 r8i=0.13892 r8i-flex=0.13197
  t2=0.0928 t3=0.0832 t3a=0.0752 t4g=0.0672 x2gd=0.167 x8g=0.1954`);
const AWS_SIZES = numbers('nano=0.0625 micro=0.125 small=0.25 medium=0.5 large=1 xlarge=2');

function awsHour(type: string): number | undefined {
  const [family = '', size = ''] = type.split('.');
  const times = AWS_SIZES.get(size) ?? 2 * Number(/^(\d+)xlarge$/.exec(size)?.[1] ?? NaN);
  const hour = (AWS_LARGE.get(family) ?? NaN) * times;
  return hour > 0 ? hour : undefined;
}

/** Of one vCPU, by series, features and version: `Standard_D4ds_v5` is four of Dds_v5. */
const AZURE_VCPU = numbers(`
  D_v3=0.048 Ds_v3=0.048 D_v4=0.048 Ds_v4=0.048 Da_v4=0.048 Das_v4=0.048 Dd_v4=0.0565 Dds_v4=0.0565 D_v5=0.048 Ds_v5=0.048
  Dd_v5=0.0565 Dds_v5=0.0565 Dls_v5=0.0425 Dlds_v5=0.048 Dps_v5=0.0385 Dpds_v5=0.0452 Dpls_v5=0.034 Das_v5=0.043
  E_v3=0.0665 Es_v3=0.0665 E_v4=0.063 Es_v4=0.063 Ea_v4=0.063 Eas_v4=0.063 Ed_v4=0.072 Eds_v4=0.072 E_v5=0.063 Es_v5=0.063
  Ed_v5=0.072 Eds_v5=0.072 Eas_v5=0.0565 Eads_v5=0.0655 Ebs_v5=0.0745 Ebds_v5=0.0835 Eps_v5=0.0504`);
/** Those that can burst are priced one by one. */
const AZURE_BURST = numbers(`
  B1ls=0.0052 B1s=0.0104 B1ms=0.0208 B2s=0.0416 B2ms=0.0832 B4ms=0.166 B8ms=0.333 B12ms=0.499 B16ms=0.666 B20ms=0.832
  B2s_v2=0.0832 B4s_v2=0.166 B32s_v2=1.331`);

function azureHour(type: string): number | undefined {
  const name = type.replace(/^Standard_/i, '');
  const [, series = '', vcpus = '', features = ''] = /^([A-Z]+)(\d+)(?:-\d+)?([a-z]*_v\d+)$/.exec(name) ?? [];
  const hour = (AZURE_VCPU.get(`${series}${features}`) ?? NaN) * Number(vcpus);
  return AZURE_BURST.get(name) ?? (hour > 0 ? hour : undefined);
}

/** Of one vCPU; `n2-standard-4` is four of n2-standard. Disks of their own (`-lssd`) cost extra. */
const GCP_VCPU = numbers(`
  c2-standard=0.052202 c2d-standard=0.045399 c2d-highcpu=0.037481 c2d-highmem=0.061235 c3-standard=0.050402
  c3-highcpu=0.042526 c3-highmem=0.066154 c3d-standard=0.045399 c3d-highcpu=0.037481 c3d-highmem=0.061235
  c4-standard=0.0494175 c4-highcpu=0.042526 c4-highmem=0.0651695 c4a-standard=0.0449 c4a-highcpu=0.03788
  c4a-highmem=0.05894 e2-standard=0.03350571 e2-highcpu=0.02473512 e2-highmem=0.04519983 n1-standard=0.04749975
  n1-highcpu=0.0354243 n1-highmem=0.0591515 n2-standard=0.048559 n2-highcpu=0.035848 n2-highmem=0.065507
  n2d-standard=0.042246 n2d-highcpu=0.031188 n2d-highmem=0.05699 n4-standard=0.047386 n4-highcpu=0.039982
  n4-highmem=0.062194 t2a-standard=0.0385 t2d-standard=0.042246`);
const GCP_SHARED = numbers(
  'e2-micro=0.0083764275 e2-small=0.016752855 e2-medium=0.03350571 f1-micro=0.0076 g1-small=0.0257',
);

function gcpHour(type: string): number | undefined {
  const [, family = '', vcpus = ''] = /^([a-z]\w*-[a-z]+)-(\d+)$/.exec(type) ?? [];
  const hour = (GCP_VCPU.get(family) ?? NaN) * Number(vcpus);
  return GCP_SHARED.get(type) ?? (hour > 0 ? hour : undefined);
}

const LISTS: readonly {
  readonly source: ListSource;
  readonly hourOf: (type: string) => number | undefined;
}[] = [
  { source: AWS, hourOf: awsHour },
  { source: AZURE, hourOf: azureHour },
  { source: GCP, hourOf: gcpHour },
];
