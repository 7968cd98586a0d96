import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLOUD_METRICS } from '@gumshoe/schema/metrics/cloud';
import type { MetricSink } from '../../pipeline/metric-sink.ts';
import { metadataClient } from './client.ts';
import type { CloudFacts, CloudProvider, DmiStrings } from './facts.ts';
import { PROVIDERS } from './providers/index.ts';

export interface CloudReceiverOptions {
  /** Where the machine's root file system is seen. */
  readonly hostRoot: string;
  /** Said by the configuration: wins over what the cloud says. */
  readonly overrides?: { readonly [K in keyof CloudFacts | 'provider']?: string | undefined };
  /** Instead of the provider's own service. */
  readonly endpoint?: string;
  readonly providers?: readonly CloudProvider[];
}

const MAX_TEXT = 256;
/** ms between attempts while the service does not answer; afterwards facts are kept for good. */
const RETRY = 60_000;

/**
 * node_cloud_info. The firmware's strings name the provider; only then is its metadata service asked, in the
 * background, so that neither start nor an interval waits for it.
 */
export class CloudReceiver {
  readonly #provider: CloudProvider | undefined;
  readonly #endpoint: string;
  readonly #overrides: NonNullable<CloudReceiverOptions['overrides']>;
  #facts: CloudFacts | undefined;
  #asking: Promise<void> | undefined;
  #nextAttempt = 0;
  #attempts = 0;

  constructor({ hostRoot, overrides = {}, endpoint, providers = PROVIDERS }: CloudReceiverOptions) {
    const dmi = dmiStrings(hostRoot);
    this.#provider = providers.find((provider) => provider.recognises(dmi));
    this.#endpoint = endpoint ?? this.#provider?.endpoint ?? '';
    this.#overrides = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value));
  }

  /** `now` in ms since the epoch. */
  collect(sink: MetricSink, now: number): void {
    if (this.#provider && !this.#facts && !this.#asking && now >= this.#nextAttempt) {
      this.#nextAttempt = now + RETRY;
      this.#asking = this.#ask(this.#provider).finally(() => (this.#asking = undefined));
    }
    const provider = this.#overrides.provider ?? this.#provider?.name;
    if (provider) sink.node(CLOUD_METRICS.info, this.#labels(provider), 1);
  }

  status(): Readonly<Record<string, unknown>> {
    if (!this.#provider) return { reason: 'the firmware names no known cloud' };
    return {
      provider: this.#provider.name,
      answered: this.#facts !== undefined,
      attempts: this.#attempts,
      cost: 'a few requests to the metadata service, once',
    };
  }

  /** Waits for a question under way. */
  async settled(): Promise<void> {
    await this.#asking;
  }

  async #ask(provider: CloudProvider): Promise<void> {
    this.#attempts++;
    this.#facts = await provider.read(metadataClient(this.#endpoint)).catch(() => undefined);
  }

  #labels(provider: string): Readonly<Record<string, string>> {
    const known: Readonly<Record<string, string | undefined>> = {
      ...this.#facts,
      ...this.#overrides,
      provider,
    };
    return Object.fromEntries(
      CLOUD_METRICS.info.labels.map((label) => [label, (known[label] ?? '').trim().slice(0, MAX_TEXT)]),
    );
  }
}

/** What the firmware says of the machine. */
function dmiStrings(hostRoot: string): DmiStrings {
  const of = (name: string): string => {
    try {
      return readFileSync(join(hostRoot, 'sys/class/dmi/id', name), 'utf8').trim();
    } catch {
      return '';
    }
  };
  return {
    sys_vendor: of('sys_vendor'),
    product_name: of('product_name'),
    bios_vendor: of('bios_vendor'),
    chassis_vendor: of('chassis_vendor'),
    chassis_asset_tag: of('chassis_asset_tag'),
  };
}
