import type { Labels } from '@gumshoe/base/series';
import { parseEndpoint } from './address.ts';
import type { BuildContext, Building } from './context.ts';
import type { ApplicationDraft, InstanceDraft } from './drafts.ts';

/** Who listens on an address of a cluster. */
export type OwnerOf = (address: string, cluster: string) => InstanceDraft | undefined;

/** `https://shop.example.com/path`, `10.0.0.1:8080` or a bare host: the host, and the address if it has a port. */
export function endpointIn(target: string): { readonly host: string; readonly address: string } {
  const bare = target.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[/?#].*$/, '');
  return { host: parseEndpoint(bare).host.toLowerCase(), address: bare };
}

/** Whose samples are that an exporter or a program shows itself, by the labels that scraping gives them. */
export class ScrapedOwners {
  readonly #context: BuildContext;
  readonly #ownerOf: OwnerOf;
  readonly #containers = new Map<string, InstanceDraft>();
  readonly #pods = new Map<string, InstanceDraft>();
  readonly #applications = new Map<string, ApplicationDraft | undefined>();

  constructor({ context, registry }: Building, ownerOf: OwnerOf) {
    this.#context = context;
    this.#ownerOf = ownerOf;
    for (const { containerId, instance, place } of registry.containers.values())
      this.#containers.set(`${place.cluster}|${containerId}`, instance);
    for (const application of registry.applications.values()) {
      const { cluster, application: name } = application.identity;
      for (const instance of application.instances.values())
        this.#pods.set(`${cluster}|${application.namespace}|${instance.name}`, instance);
      for (const key of [`${cluster}||${name}`, `${cluster}|${application.namespace}|${name}`])
        this.#applications.set(key, this.#applications.has(key) ? undefined : application);
    }
  }

  /** By container, by pod, else by the address that was scraped. */
  instanceOf(labels: Labels): InstanceDraft | undefined {
    const cluster = this.#context.clusterOf(labels);
    const { container_id: container = '', namespace = '', pod = '', instance = '' } = labels;
    return (
      this.#containers.get(`${cluster}|${container}`) ??
      this.#pods.get(`${cluster}|${namespace}|${pod}`) ??
      (instance === '' ? undefined : this.#ownerOf(endpointIn(instance).address, cluster))
    );
  }

  /** The only one of that name; an empty namespace means any. */
  named(name: string, namespace: string, labels: Labels): ApplicationDraft | undefined {
    return this.#applications.get(`${this.#context.clusterOf(labels)}|${namespace}|${name}`);
  }
}
