import { readFileSync } from 'node:fs';

/** One translated connection: what was dialled, and who answers. */
export interface Translation {
  readonly destination: string;
  readonly actual: string;
}

const FIELD = /(src|dst|sport|dport)=(\S+)/g;

/**
 * Translations in the text of nf_conntrack (Linux, net/netfilter/nf_conntrack_standalone.c): the original
 * direction's destination, and the reply's source, where they differ. TCP only.
 */
export function parseConntrack(text: string): Translation[] {
  const out: Translation[] = [];
  for (const line of text.split('\n')) {
    if (!/\btcp\b/.test(line)) continue;
    const values: Record<string, string[]> = { src: [], dst: [], sport: [], dport: [] };
    for (const match of line.matchAll(FIELD)) values[match[1] ?? '']?.push(match[2] ?? '');
    const destination = endpoint(values['dst']?.[0], values['dport']?.[0]);
    const actual = endpoint(values['src']?.[1], values['sport']?.[1]);
    if (destination && actual && destination !== actual) out.push({ destination, actual });
  }
  return out;
}

function endpoint(ip: string | undefined, port: string | undefined): string {
  if (!ip || !port) return '';
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** Translations of the machine, read once per interval where the kernel lists them. */
export class NatTable {
  private readonly procfs: string;
  private actual = new Map<string, string>();
  /** '' when the table can be read. */
  problem = 'not read yet';

  constructor(procfs: string) {
    this.procfs = procfs;
  }

  refresh(): void {
    try {
      const text = readFileSync(`${this.procfs}/1/net/nf_conntrack`, 'utf8');
      this.actual = new Map(parseConntrack(text).map((one) => [one.destination, one.actual]));
      this.problem = '';
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      this.problem =
        code === 'ENOENT'
          ? 'this kernel lists no tracked connections (nf_conntrack): destinations are shown as dialled'
          : `connection tracking cannot be read: ${code}`;
    }
  }

  /** `ip:port` that answers for `endpoint`; `endpoint` itself when nothing translates it. */
  readonly resolve = (endpoint: string): string => this.actual.get(endpoint) ?? endpoint;

  get size(): number {
    return this.actual.size;
  }
}
