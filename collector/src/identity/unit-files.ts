import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileExists } from '../file-exists.ts';
import type { UnitFacts } from './system-services.ts';

/** Where systemd looks for units, the first one counts (systemd.unit(5)). */
const FOLDERS = [
  'etc/systemd/system',
  'run/systemd/system',
  'run/systemd/transient',
  'run/systemd/generator',
  'usr/local/lib/systemd/system',
  'usr/lib/systemd/system',
  'lib/systemd/system',
] as const;
const TRIGGERS = ['timer', 'socket', 'path'] as const;
/** Units that are remembered; what is asked beyond starts over. */
const REMEMBERED = 2000;

/** Facts of systemd services, read from their files: no bus is needed, and no running systemd. */
export class UnitFiles {
  readonly #root: string;
  readonly #known = new Map<string, UnitFacts>();

  /** `hostRoot`: where the machine's root file system is seen from here. */
  constructor(hostRoot: string) {
    this.#root = hostRoot;
  }

  /** Of a service as its cgroup names it (`nginx.service`, `getty@tty1.service`). */
  factsOf(unit: string): UnitFacts {
    const known = this.#known.get(unit);
    if (known) return known;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    const facts = { type: this.#typeOf(unit), triggeredBy: this.#triggersOf(unit) };
    this.#known.set(unit, facts);
    return facts;
  }

  #typeOf(unit: string): string {
    const texts = namesOf(unit).flatMap((name) => this.#textsOf(name));
    let type = '';
    for (const text of texts) type = /^\s*Type\s*=\s*(\S+)/m.exec(text)?.[1] ?? type;
    if (type !== '' || texts.length === 0) return type;
    return texts.some((text) => /^\s*BusName\s*=/m.test(text)) ? 'dbus' : 'simple';
  }

  /** The unit's file, then what is dropped in. */
  #textsOf(name: string): readonly string[] {
    const main = FOLDERS.map((folder) => read(join(this.#root, folder, name))).find(
      (text) => text !== undefined,
    );
    const dropped = FOLDERS.flatMap((folder) => {
      const dir = join(this.#root, folder, `${name}.d`);
      return list(dir).map((file) => read(join(dir, file)));
    });
    return [main, ...dropped].filter((text) => text !== undefined);
  }

  #triggersOf(unit: string): readonly string[] {
    const stem = unit.replace(/\.service$/, '');
    return TRIGGERS.map((suffix) => `${stem}.${suffix}`).filter((trigger) => this.#isEnabled(trigger));
  }

  /** A trigger that nothing wants is a file only. */
  #isEnabled(trigger: string): boolean {
    const names = namesOf(trigger);
    return FOLDERS.map((folder) => join(this.#root, folder)).some((folder) =>
      list(folder)
        .filter((entry) => /\.(wants|requires)$/.test(entry))
        .some((entry) => list(join(folder, entry)).some((wanted) => names.includes(wanted))),
    );
  }
}

/** `getty@tty1.service`: itself, then its template. */
function namesOf(unit: string): readonly string[] {
  const template = /^(.+@).+(\.\w+)$/.exec(unit);
  return template ? [unit, `${template[1]}${template[2]}`] : [unit];
}

function list(folder: string): readonly string[] {
  if (!fileExists(folder)) return [];
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
