/** How whole and how well named the stacks of one profile type are. */
export interface TypeQuality {
  /** In the unit of the type. */
  readonly value: number;
  /** Of it: with callers missing. */
  readonly cut: number;
  readonly frames: number;
  /** Of these: without a function's name. */
  readonly unnamed: number;
}

const UNNAMED = /\+0x[0-9a-f]+$|^\[(unknown|jit|kernel)\]$/;

/** Totals since start. */
export class ProfileQuality {
  readonly #types = new Map<string, { -readonly [K in keyof TypeQuality]: TypeQuality[K] }>();
  #milliseconds = 0;

  /** Frames of user space. */
  add(type: string, value: number, user: readonly string[], cut: boolean): void {
    let known = this.#types.get(type);
    if (!known) this.#types.set(type, (known = { value: 0, cut: 0, frames: 0, unnamed: 0 }));
    known.value += value;
    if (cut) known.cut += value;
    known.frames += user.length;
    for (const frame of user) if (UNNAMED.test(frame)) known.unnamed++;
  }

  addTime(milliseconds: number): void {
    this.#milliseconds += milliseconds;
  }

  get types(): ReadonlyMap<string, TypeQuality> {
    return this.#types;
  }

  /** Spent on names. */
  get seconds(): number {
    return this.#milliseconds / 1000;
  }
}
