const OVERFLOW = '~other';
/** Labels that end a name; in its middle they show that a search path was appended. */
const TOP = new Set(['com', 'net', 'org', 'io']);
const EC2 = /^ip-\d+-\d+-\d+-\d+\..*(ec2|compute).*$/;
const REVERSE = /\.(in-addr|ip6)\.arpa$/;

/**
 * The name as the metric's label has it: names made of addresses are one each, and names with a search path appended
 * (`shop.com.default.svc.cluster.local`) are told from those that exist.
 */
export function foldDomain(name: string): string {
  if (REVERSE.test(name)) return name.endsWith('.in-addr.arpa') ? 'IP.in-addr.arpa' : 'IP.ip6.arpa';
  if (EC2.test(name)) return `IP${name.slice(name.indexOf('.'))}`;
  const labels = name.split('.');
  const middle = labels.findIndex((label, i) => i > 0 && i < labels.length - 1 && TOP.has(label));
  return middle < 0 ? name : `${labels.slice(0, middle + 1).join('.')}.search_path_suffix`;
}

/** At most `limit` names for each container; the rest is one of its own. */
export class DomainNames {
  readonly #limit: number;
  readonly #known = new Map<string, Set<string>>();
  /** Names that found no room. */
  folded = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  label(container: string, name: string): string {
    const folded = foldDomain(name);
    let names = this.#known.get(container);
    if (names === undefined) this.#known.set(container, (names = new Set()));
    if (names.has(folded)) return folded;
    if (names.size >= this.#limit) {
      this.folded++;
      return OVERFLOW;
    }
    names.add(folded);
    return folded;
  }

  /** Its container is gone. */
  forget(container: string): void {
    this.#known.delete(container);
  }
}
