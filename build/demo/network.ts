import { attempt, command } from './command.ts';

/** A bridge of our own and one network namespace per host on it, each with its own address. */
export class Network {
  private readonly id: string;
  private readonly bridge: string;
  private readonly namespaces: string[] = [];
  readonly subnet: string;

  constructor(id: string) {
    this.id = id;
    this.bridge = `gsd${id}`.slice(0, 15);
    this.subnet = freeSubnet(parseInt(id, 36));
    command('ip', ['link', 'add', this.bridge, 'type', 'bridge']);
    command('ip', ['addr', 'add', `${this.subnet}.1/24`, 'dev', this.bridge]);
    command('ip', ['link', 'set', this.bridge, 'up']);
  }

  /** Address of this machine on the bridge. */
  get gateway(): string {
    return `${this.subnet}.1`;
  }

  /** Creates the namespace of one host; returns its name (under /run/netns) and address. */
  host(name: string, last: number): { readonly namespace: string; readonly address: string } {
    const namespace = `gsd-${this.id}-${name}`;
    const address = `${this.subnet}.${last}`;
    const outside = `g${this.id}v${last}`.slice(0, 15);
    command('ip', ['netns', 'add', namespace]);
    this.namespaces.push(namespace);
    command('ip', ['link', 'add', outside, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
    command('ip', ['link', 'set', outside, 'master', this.bridge, 'up']);
    command('ip', ['-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0']);
    command('ip', ['-n', namespace, 'link', 'set', 'eth0', 'up']);
    command('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
    return { namespace, address };
  }

  remove(): void {
    for (const namespace of this.namespaces) attempt('ip', ['netns', 'del', namespace]);
    attempt('ip', ['link', 'del', this.bridge]);
  }
}

/** Removes what a demo that was killed left behind. */
export function removeNetwork(id: string): void {
  const listed = command('ip', ['netns', 'list']).split('\n');
  for (const line of listed) {
    const name = line.split(' ')[0] ?? '';
    if (name.startsWith(`gsd-${id}-`)) attempt('ip', ['netns', 'del', name]);
  }
  attempt('ip', ['link', 'del', `gsd${id}`.slice(0, 15)]);
}

function freeSubnet(seed: number): string {
  const used = command('ip', ['-o', '-4', 'addr']);
  for (let i = 0; i < 200; i++) {
    const subnet = `10.213.${1 + ((seed + i) % 250)}`;
    if (!used.includes(`${subnet}.`)) return subnet;
  }
  throw new Error('no free 10.213.x.0/24 network on this machine');
}
