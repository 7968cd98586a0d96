/**
 * Attributes that name the system on the other side or what it is spoken to in, most telling first (OpenTelemetry semantic
 * conventions, current and former; `db.type` of OpenTracing).
 */
export const SYSTEM_ATTRIBUTES = [
  'db.system.name',
  'db.system',
  'db.type',
  'messaging.system',
  'rpc.system.name',
  'rpc.system',
] as const;
/** Attributes that only spans of HTTP have. */
export const HTTP_ATTRIBUTES = [
  'http.request.method',
  'http.method',
  'http.response.status_code',
  'http.status_code',
  'http.route',
  'http.url',
  'url.full',
] as const;
/** Names of systems that are others here; those of databases in clouds are what they speak. */
export const SYSTEM_NAMES: Readonly<Record<string, string>> = {
  postgresql: 'postgres',
  mariadb: 'mysql',
  valkey: 'redis',
  rabbitmq: 'amqp',
  // says nothing about who understands it
  sql: '',
  other_sql: '',
};
/** What a system's name looks like: anything else would make a series each. */
export const SYSTEM_PATTERN = '^[a-z][a-z0-9_.-]{0,39}$';

const SYSTEM = new RegExp(SYSTEM_PATTERN);

/** What is spoken to the other side of a span: http, grpc, kafka, a kind of database …; '' where it does not say. */
export function spanProtocol(attributes: Readonly<Record<string, string>>): string {
  for (const name of SYSTEM_ATTRIBUTES) {
    const system = attributes[name]?.toLowerCase() ?? '';
    const known = SYSTEM_NAMES[system] ?? system;
    if (SYSTEM.test(known)) return known;
  }
  return HTTP_ATTRIBUTES.some((name) => attributes[name]) ? 'http' : '';
}
