/** One translated connection: who dialled, what, and who answers. Endpoints are `ip:port`, `[ip]:port` for IPv6. */
export interface Translation {
  readonly client: string;
  readonly destination: string;
  readonly actual: string;
}

const FIELD = /(src|dst|sport|dport)=(\S+)/g;

/**
 * Translations in the text of nf_conntrack (Linux, net/netfilter/nf_conntrack_standalone.c), which `conntrack -L` and
 * `conntrack -E` write as well: the original direction's destination, and the reply's source, where they differ.
 * TCP only.
 */
export function parseConntrack(text: string): Translation[] {
  const out: Translation[] = [];
  for (const line of text.split('\n')) {
    if (!/\btcp\b/.test(line)) continue;
    const values: Record<string, string[]> = { src: [], dst: [], sport: [], dport: [] };
    for (const match of line.matchAll(FIELD)) values[match[1] ?? '']?.push(match[2] ?? '');
    const client = endpoint(values['src']?.[0], values['sport']?.[0]);
    const destination = endpoint(values['dst']?.[0], values['dport']?.[0]);
    const actual = endpoint(values['src']?.[1], values['sport']?.[1]);
    if (client && destination && actual && destination !== actual) out.push({ client, destination, actual });
  }
  return out;
}

/** The kernel's list writes IPv6 in full (`fd00:0000:…:0001`), everybody else shortened. */
function endpoint(ip: string | undefined, port: string | undefined): string {
  if (!ip || !port) return '';
  return ip.includes(':') ? `[${shortened(ip)}]:${port}` : `${ip}:${port}`;
}

const shortened = (ip: string): string => {
  const url = `http://[${ip}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : ip;
};
