/** Methods by class and number. Source: AMQP 0-9-1, generated documentation, with RabbitMQ's extensions. */
const CLASSES: Readonly<Record<number, readonly [name: string, methods: Readonly<Record<number, string>>]>> =
  {
    10: [
      'connection',
      {
        10: 'start',
        11: 'start-ok',
        20: 'secure',
        21: 'secure-ok',
        30: 'tune',
        31: 'tune-ok',
        40: 'open',
        41: 'open-ok',
        50: 'close',
        51: 'close-ok',
        60: 'blocked',
        61: 'unblocked',
        70: 'update-secret',
        71: 'update-secret-ok',
      },
    ],
    20: ['channel', { 10: 'open', 11: 'open-ok', 20: 'flow', 21: 'flow-ok', 40: 'close', 41: 'close-ok' }],
    40: [
      'exchange',
      {
        10: 'declare',
        11: 'declare-ok',
        20: 'delete',
        21: 'delete-ok',
        30: 'bind',
        31: 'bind-ok',
        40: 'unbind',
        51: 'unbind-ok',
      },
    ],
    50: [
      'queue',
      {
        10: 'declare',
        11: 'declare-ok',
        20: 'bind',
        21: 'bind-ok',
        30: 'purge',
        31: 'purge-ok',
        40: 'delete',
        41: 'delete-ok',
        50: 'unbind',
        51: 'unbind-ok',
      },
    ],
    60: [
      'basic',
      {
        10: 'qos',
        11: 'qos-ok',
        20: 'consume',
        21: 'consume-ok',
        30: 'cancel',
        31: 'cancel-ok',
        40: 'publish',
        50: 'return',
        60: 'deliver',
        70: 'get',
        71: 'get-ok',
        72: 'get-empty',
        80: 'ack',
        90: 'reject',
        100: 'recover-async',
        110: 'recover',
        111: 'recover-ok',
        120: 'nack',
      },
    ],
    85: ['confirm', { 10: 'select', 11: 'select-ok' }],
    90: [
      'tx',
      {
        10: 'select',
        11: 'select-ok',
        20: 'commit',
        21: 'commit-ok',
        30: 'rollback',
        31: 'rollback-ok',
      },
    ],
  };

/** `publish` of class basic, `queue.declare` of the others; undefined when there is no such method. */
export function amqpMethodName(classNumber: number, method: number): string | undefined {
  const [name, methods] = CLASSES[classNumber] ?? [];
  const found = methods?.[method];
  if (name === undefined || found === undefined) return undefined;
  return name === 'basic' ? found : `${name}.${found}`;
}

/** Reply codes. Source: AMQP 0-9-1, constants. */
export const AMQP_REPLIES: ReadonlyMap<number, string> = new Map([
  [311, 'CONTENT_TOO_LARGE'],
  [312, 'NO_ROUTE'],
  [313, 'NO_CONSUMERS'],
  [320, 'CONNECTION_FORCED'],
  [402, 'INVALID_PATH'],
  [403, 'ACCESS_REFUSED'],
  [404, 'NOT_FOUND'],
  [405, 'RESOURCE_LOCKED'],
  [406, 'PRECONDITION_FAILED'],
  [501, 'FRAME_ERROR'],
  [502, 'SYNTAX_ERROR'],
  [503, 'COMMAND_INVALID'],
  [504, 'CHANNEL_ERROR'],
  [505, 'UNEXPECTED_FRAME'],
  [506, 'RESOURCE_ERROR'],
  [530, 'NOT_ALLOWED'],
  [540, 'NOT_IMPLEMENTED'],
  [541, 'INTERNAL_ERROR'],
]);
