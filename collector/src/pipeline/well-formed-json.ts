/** An escaped half of a surrogate pair: whole pairs are not escaped. An even number of backslashes before it is text. */
const HALF_A_PAIR = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/** JSON whose text is Unicode: what was cut within a character has half of one, which others refuse with all beside it. */
export function wellFormedJson(value: unknown): string {
  const json = JSON.stringify(value);
  return json.includes('\\ud') ? json.replace(HALF_A_PAIR, '$1\ufffd') : json;
}
