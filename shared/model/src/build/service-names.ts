import type { ApplicationId } from '../entities.ts';
import type { ApplicationDraft } from './drafts.ts';

/**
 * Applications by the names they have in spans and log records. A name means an application of its own cluster; where
 * the records name none, one of any.
 */
export class ServiceNames {
  readonly #applications: Map<ApplicationId, ApplicationDraft>;
  readonly #known = new Map<string, ApplicationDraft>();
  /** Applications by name, made when first needed; applications do not appear after that but by `add`. */
  #index: NameIndex | undefined;

  constructor(applications: Map<ApplicationId, ApplicationDraft>) {
    this.#applications = applications;
  }

  name(name: string, application: ApplicationDraft): void {
    this.#known.set(key(application.identity.cluster, name), application);
    application.serviceNames.add(name);
  }

  add(application: ApplicationDraft): ApplicationDraft {
    this.#applications.set(application.id, application);
    this.name(application.identity.application, application);
    this.#index?.add(application);
    return application;
  }

  find(name: string, cluster: string): ApplicationDraft | undefined {
    const known = this.#known.get(key(cluster, name));
    if (known) return known;
    if (this.#index?.size !== this.#applications.size)
      this.#index = new NameIndex(this.#applications.values());
    const found = this.#index.guess(name, cluster);
    if (!found) return undefined;
    this.#known.set(key(cluster, name), found);
    found.serviceNames.add(name);
    return found;
  }
}

const key = (cluster: string, name: string): string => `${cluster}\u0000${name}`;

class NameIndex {
  readonly #byServiceName = new Map<string, ApplicationDraft[]>();
  readonly #byName = new Map<string, ApplicationDraft[]>();
  readonly #byPrefix = new Map<string, ApplicationDraft[]>();
  size = 0;

  constructor(applications: Iterable<ApplicationDraft>) {
    for (const application of applications) this.add(application);
  }

  add(application: ApplicationDraft): void {
    this.size++;
    const own = application.identity.application.toLowerCase();
    for (const name of application.serviceNames) insert(this.#byServiceName, name, application);
    for (const name of [own, `${application.namespace}/${own}`, `${own}.${application.namespace}`])
      insert(this.#byName, name, application);
    for (let dash = own.indexOf('-'); dash > 0; dash = own.indexOf('-', dash + 1))
      insert(this.#byPrefix, own.slice(0, dash), application);
  }

  /** By a name under which its collector stores spans, else by its own name where just one has that. */
  guess(name: string, cluster: string): ApplicationDraft | undefined {
    const plain = name.toLowerCase();
    const within = (found: readonly ApplicationDraft[] = []): readonly ApplicationDraft[] =>
      cluster === '' ? found : found.filter(({ identity }) => identity.cluster === cluster);
    for (const found of [
      this.#byServiceName.get(name),
      this.#byName.get(plain),
      // names of pods that follow no known scheme still begin with what they belong to
      this.#byPrefix.get(plain),
    ]) {
      const candidates = within(found);
      if (candidates.length > 0) return candidates.length === 1 ? candidates[0] : undefined;
    }
    return undefined;
  }
}

function insert<K, V>(map: Map<K, V[]>, at: K, value: V): void {
  const list = map.get(at);
  if (list === undefined) map.set(at, [value]);
  else if (!list.includes(value)) list.push(value);
}
