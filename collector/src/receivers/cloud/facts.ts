/** Labels of node_cloud_info that a provider knows; '' or left out where it does not. */
export interface CloudFacts {
  readonly account_id?: string;
  readonly instance_id?: string;
  readonly instance_type?: string;
  /** on-demand, spot or preemptible */
  readonly instance_life_cycle?: string;
  readonly region?: string;
  readonly availability_zone?: string;
  readonly availability_zone_id?: string;
  readonly local_ipv4?: string;
  readonly public_ipv4?: string;
}

/** Strings of /sys/class/dmi/id; '' where a file is absent. */
export interface DmiStrings {
  readonly sys_vendor: string;
  readonly product_name: string;
  readonly bios_vendor: string;
  readonly chassis_vendor: string;
  readonly chassis_asset_tag: string;
}

/** What providers ask with. Answers are undefined when there is none in time, or it is no success. */
export interface MetadataClient {
  text(path: string, options?: RequestOptions): Promise<string | undefined>;
  json(path: string, options?: RequestOptions): Promise<Json>;
}

export interface RequestOptions {
  readonly method?: 'GET' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One cloud. */
export interface CloudProvider {
  readonly name: string;
  /** Origin of its metadata service. */
  readonly endpoint: string;
  /** Whether this machine is one of its machines. Nothing is asked of the network otherwise. */
  recognises(dmi: DmiStrings): boolean;
  /** undefined when the service does not answer. */
  read(client: MetadataClient): Promise<CloudFacts | undefined>;
}

/** Any JSON value, to be walked without knowing its shape. */
export class Json {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  get exists(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }

  at(key: string | number): Json {
    const value = this.#value;
    return new Json(
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    );
  }

  /** A text or number as text; '' for everything else. */
  get text(): string {
    const value = this.#value;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  }

  get isTrue(): boolean {
    return this.#value === true || this.#value === 'TRUE' || this.#value === 'true';
  }
}
