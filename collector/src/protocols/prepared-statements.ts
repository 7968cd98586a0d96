const NAMES_PER_CONNECTION = 256;

/**
 * SQL of named prepared statements by connection, so that a later execution can be told by its text.
 * Bounded twice: the least recently prepared connection and the oldest name leave first.
 */
export class PreparedStatements {
  readonly #connections = new Map<string, Map<string, string>>();
  readonly #limit: number;

  constructor(limit = 4096) {
    this.#limit = limit;
  }

  remember(connection: string, name: string, sql: string): void {
    const names = this.#connections.get(connection) ?? new Map<string, string>();
    this.#connections.delete(connection);
    this.#connections.set(connection, names);
    names.delete(name);
    names.set(name, sql);
    evictOldest(names, NAMES_PER_CONNECTION);
    evictOldest(this.#connections, this.#limit);
  }

  recall(connection: string, name: string): string | undefined {
    return this.#connections.get(connection)?.get(name);
  }

  forget(connection: string, name: string): void {
    this.#connections.get(connection)?.delete(name);
  }

  get connections(): number {
    return this.#connections.size;
  }
}

function evictOldest(map: Map<string, unknown>, limit: number): void {
  while (map.size > limit) {
    const oldest = map.keys().next().value;
    if (oldest === undefined) return;
    map.delete(oldest);
  }
}
