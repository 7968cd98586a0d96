import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConntrack, type Translation } from './conntrack-text.ts';

/** Something that knows translations. */
export interface NatSource {
  /** What /status calls it. */
  readonly name: string;
  /** What it knows now, the oldest first; undefined when it cannot be asked any more. */
  translations(): Iterable<Translation> | undefined;
  /** Who answers on one connection, for sources that can be asked but not listed. */
  actualOf?(client: string, destination: string): string | undefined;
  /** Who answers for a destination, where it can be nobody else. */
  onlyActualOf?(destination: string): string | undefined;
}

/** Connections that are remembered at most; the oldest are forgotten first. */
const CONNECTIONS = 65_536;

/**
 * Address translations of the machine. Sources give what they know once per interval; the first that can be read
 * wins. Without any the kernel's own list is read (/proc/1/net/nf_conntrack), where there is one.
 */
export class NatTable {
  readonly #procfs: string;
  readonly #sources: NatSource[] = [];
  /** Of the destination, whoever answered last. */
  readonly #byDestination = new Map<string, string>();
  readonly #byConnection = new Map<string, string>();
  /** What sources answered about single connections since the last refresh. */
  readonly #asked = new Map<string, string | undefined>();
  #source = '';
  /** '' when translations can be told. */
  problem = 'not read yet';

  constructor(procfs: string) {
    this.#procfs = procfs;
  }

  /** In the order of preference. */
  addSource(source: NatSource): void {
    this.#sources.push(source);
  }

  removeSource(source: NatSource): void {
    const at = this.#sources.indexOf(source);
    if (at >= 0) this.#sources.splice(at, 1);
  }

  /** Where the translations of the last refresh came from; '' when nothing could be asked. */
  get source(): string {
    return this.#source;
  }

  refresh(): void {
    this.#asked.clear();
    for (const source of this.#sources) {
      const known = source.translations();
      if (known === undefined) continue;
      this.#source = source.name;
      this.problem = '';
      for (const one of known) this.learn(one);
      return;
    }
    this.#readList();
  }

  /** Takes note of one translation. */
  learn({ client, destination, actual }: Translation): void {
    if (actual === destination) return;
    setLatest(this.#byDestination, destination, actual);
    setLatest(this.#byConnection, `${client} ${destination}`, actual);
  }

  #readList(): void {
    try {
      const text = readFileSync(join(this.#procfs, '1/net/nf_conntrack'), 'utf8');
      this.#byDestination.clear();
      this.#byConnection.clear();
      for (const one of parseConntrack(text)) this.learn(one);
      this.#source = '/proc/net/nf_conntrack';
      this.problem = '';
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      this.#source = '';
      this.problem =
        code === 'ENOENT'
          ? 'this kernel lists no tracked connections (nf_conntrack): destinations are shown as dialled'
          : `connection tracking cannot be read: ${code}`;
    }
  }

  /** `ip:port` that answers for `endpoint`, the last one of several; `endpoint` itself when nothing translates it. */
  readonly resolve = (endpoint: string): string =>
    this.#byDestination.get(endpoint) ?? this.#ask((source) => source.onlyActualOf?.(endpoint)) ?? endpoint;

  /** Who answers on the connection from `client` to `endpoint`; as `resolve` where that connection is not known. */
  readonly resolveConnection = (client: string, endpoint: string): string => {
    const connection = `${client} ${endpoint}`;
    const known = this.#byConnection.get(connection) ?? this.#asked.get(connection);
    if (known !== undefined) return known;
    if (!this.#asked.has(connection)) {
      if (this.#asked.size >= CONNECTIONS) this.#asked.clear();
      this.#asked.set(
        connection,
        this.#ask((source) => source.actualOf?.(client, endpoint)),
      );
    }
    return this.#asked.get(connection) ?? this.resolve(endpoint);
  };

  #ask(question: (source: NatSource) => string | undefined): string | undefined {
    for (const source of this.#sources) {
      const answer = question(source);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  get size(): number {
    return this.#byDestination.size;
  }
}

/** The latest one is last in the map, and the first goes when there are too many. */
function setLatest(map: Map<string, string>, key: string, value: string): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > CONNECTIONS) map.delete(map.keys().next().value ?? '');
}
