import { readFileSync } from 'node:fs';

/** The kernel counts stolen time in ticks of 10 ms. */
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
 * Tells in which time nothing was stolen from this machine: only that says what a program on it costs. A tick is
 * counted when it is over, so that the window before and the one behind have to be free of it too.
 */
export class StolenTime {
  readonly #looks: Look[] = [];
  readonly #timer = setInterval(() => this.#looks.push({ at: Date.now(), stolen: stolenTicks() }), WINDOW_MS);

  /** Ends the watch. The whole milliseconds since the epoch that belonged to this machine alone. */
  end(): ReadonlySet<number> {
    clearInterval(this.#timer);
    const own = new Set<number>();
    const looks = this.#looks;
    for (let i = 1; i + 2 < looks.length; i++) {
      if (looks[i + 2]!.stolen !== looks[i - 1]!.stolen) continue;
      if (looks[i + 1]!.at - looks[i]!.at > STOPPED_MS) continue;
      for (let ms = looks[i]!.at; ms < looks[i + 1]!.at; ms++) own.add(ms);
    }
    return own;
  }
}
