/** A word before a separator names a kind of key (`session:8f3a`); anything else may be an id, a token, a mail address. */
const KIND = /^[A-Za-z_]{2,24}[:/|]/;

/** A cache key without what identifies one thing: `session:8f3a…` becomes `session:?`, a key without a kind `?`. */
export const keyShape = (key: string): string => `${KIND.exec(key)?.[0] ?? ''}?`;
