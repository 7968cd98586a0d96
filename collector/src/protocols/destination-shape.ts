const TOKEN_LIMIT = 8;
const LONGEST_TOKEN = 40;

/** A token that names one thing among many: a number, a uuid, hex or other random letters and digits. */
function isId(token: string): boolean {
  if (token.length > LONGEST_TOKEN || /^\d+$/.test(token)) return true;
  if (/^[0-9a-fA-F-]{8,}$/.test(token) && /\d/.test(token)) return true;
  const digits = token.replace(/\D/g, '').length;
  return token.length >= 16 && digits >= 3 && /^[\w-]+$/.test(token);
}

/**
 * Name of a queue, subject or routing key with ids folded to `*`, so that few distinct ones remain:
 * `orders.42.paid` becomes `orders.*.paid`, an inbox or a queue named by the server its prefix and `*`.
 */
export function destinationShape(name: string): string {
  const generated = /^(_INBOX\.|amq\.gen-|\$JS\.ACK\.|_R_\.|stomp-subscription-)/.exec(name)?.[0];
  if (generated !== undefined) return `${generated}*`;
  const tokens = name.split('.', TOKEN_LIMIT + 1);
  const shown = tokens.slice(0, TOKEN_LIMIT).map((token) => (isId(token) ? '*' : token));
  return tokens.length > TOKEN_LIMIT ? `${shown.join('.')}.>` : shown.join('.');
}
