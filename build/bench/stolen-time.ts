import { readFileSync } from 'node:fs';

/** Of USER_HZ: what the kernel counts stolen time in. */
const TICK_MS = 10;
const WINDOW_MS = 50;
/** A look that comes so late says that nothing ran: some hypervisors stop a machine without counting it as stolen. */
const STOPPED_MS = 2 * WINDOW_MS;

/** Ticks that the hypervisor gave to other machines while this one had work for them; proc_stat(5), `steal`. */
function stolenTicks(): number {
  const [all = ''] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
  return Number(all.trim().split(/\s+/)[8]);
}

interface Look {
  /** ms since the epoch */
  readonly at: number;
  readonly stolen: number;
}

/**
 * Tells in which time nothing was stolen from this machine: only that says what a program on it costs. What was stolen
 * at one go is counted when it is over, all at once, and to the tick: the window before it and the one behind do not count either.
 */
export class StolenTime {
  readonly #looks: Look[] = [];
  readonly #timer = setInterval(() => this.#looks.push({ at: Date.now(), stolen: stolenTicks() }), WINDOW_MS);

  /** Ends the watch. The whole milliseconds since the epoch that belonged to this machine alone. */
  end(): ReadonlySet<number> {
    clearInterval(this.#timer);
    const own = new Set<number>();
    const looks = this.#looks;
    for (let i = 0; i + 1 < looks.length; i++) {
      if (looks[i + 1]!.at - looks[i]!.at > STOPPED_MS) continue;
      for (let ms = looks[i]!.at; ms < looks[i + 1]!.at; ms++) own.add(ms);
    }
    for (let i = 1; i < looks.length; i++) {
      const stolen = (looks[i]!.stolen - looks[i - 1]!.stolen) * TICK_MS;
      if (stolen === 0) continue;
      for (let ms = looks[i - 1]!.at - stolen - WINDOW_MS; ms < looks[i]!.at + WINDOW_MS; ms++)
        own.delete(ms);
    }
    return own;
  }
}
