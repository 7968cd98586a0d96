/** Fields of INFO by name; sections are flattened (Redis, command INFO). */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (line.startsWith('#') || colon <= 0) continue;
    fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return fields;
}

/** Named numbers of a value such as `calls=10,usec=300,usec_per_call=30.00`. */
export function parseNumbers(value: string): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const part of value.split(',')) {
    const [name, text] = part.split('=');
    const number = Number(text);
    if (name && text !== undefined && Number.isFinite(number)) numbers.set(name, number);
  }
  return numbers;
}
