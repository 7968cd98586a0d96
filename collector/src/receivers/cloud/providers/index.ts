import type { CloudProvider } from '../facts.ts';
import { ALIBABA } from './alibaba.ts';
import { AWS } from './aws.ts';
import { AZURE } from './azure.ts';
import { GCP } from './gcp.ts';
import { IBM } from './ibm.ts';
import { ORACLE } from './oracle.ts';
import { DIGITALOCEAN, HETZNER, SCALEWAY } from './smaller.ts';

export const PROVIDERS: readonly CloudProvider[] = [
  AWS,
  GCP,
  AZURE,
  HETZNER,
  DIGITALOCEAN,
  ALIBABA,
  SCALEWAY,
  IBM,
  ORACLE,
];
