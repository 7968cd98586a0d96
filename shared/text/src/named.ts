/** What programs say when somebody else did not answer. */
export const OF_CALLS =
  /\b(upstream|downstream|dependency|connect(ion)?|dial|time[ds]?[ -]?out|unavailable|refused|unreachable|no route|reset by peer|broken pipe|bad gateway)\b/i;
/** What else speaks of calls, or of a host. */
const OF_HOSTS =
  /\b(call(s|ed|ing)?|rpc|grpc|fetch|request(s|ed|ing)? to|service|host|server|backend|lookup)\b|:\/\//i;

/** Names shorter than this are words of any text. */
const LEAST_NAME = 3;
const WORD = /[A-Za-z0-9][A-Za-z0-9_.:-]*/g;
const IS_WORD = /^[A-Za-z0-9][A-Za-z0-9_.:-]*$/;
/** `user`, `rate` or `order` are names of services and of things. */
const IS_PLAIN = /^[a-z]+$/i;
const LETTER = /[\p{L}\p{N}_]/u;

/** Names to be found in texts, and what each stands for. */
export interface Names<T> {
  readonly words: ReadonlyMap<string, T>;
  /** Names with blanks or other signs in them, which are looked for as they stand. */
  readonly phrases: readonly (readonly [phrase: string, of: T])[];
}

/** In any case; of two things with one name the last one has it. */
export function namesOf<T>(all: Iterable<readonly [name: string, of: T]>): Names<T> {
  const words = new Map<string, T>();
  const phrases = new Map<string, T>();
  for (const [name, of] of all)
    if (name.length >= LEAST_NAME) (IS_WORD.test(name) ? words : phrases).set(name.toLowerCase(), of);
  return { words, phrases: [...phrases] };
}

/**
 * What a text names: by a name as it stands, or by a host that begins with one, with its port and domain. A name that
 * could be any word counts in what is said of calls and hosts only. Linear in the text.
 */
export function namedIn<T>(text: string, { words, phrases }: Names<T>): ReadonlySet<T> {
  const found = new Set<T>();
  const isOfCalls = OF_CALLS.test(text) || OF_HOSTS.test(text);
  for (const [word] of text.matchAll(WORD))
    for (const name of formsOf(word)) {
      const of = isOfCalls || !IS_PLAIN.test(name) ? words.get(name.toLowerCase()) : undefined;
      if (of !== undefined) found.add(of);
    }
  const lower = phrases.length > 0 ? text.toLowerCase() : '';
  for (const [phrase, of] of phrases) if (isNamed(phrase, lower)) found.add(of);
  return found;
}

/** As it stands; without what ends a sentence, a port, or a domain. */
function formsOf(word: string): readonly string[] {
  const bare = word.replace(/[.:-]+$/, '');
  const host = bare.split(':', 1)[0]!;
  return [word, bare, host, host.split('.', 1)[0]!];
}

/** Between signs that are part of no word. */
function isNamed(phrase: string, text: string): boolean {
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1))
    if (!LETTER.test(text[at - 1] ?? ' ') && !LETTER.test(text[at + phrase.length] ?? ' ')) return true;
  return false;
}
