import type { Shop } from '../shop.ts';

/** One way to break the shop, with the answer a root-cause analysis owes. */
export interface Fault {
  readonly name: string;
  /** One line for `--help` and the progress output. */
  readonly title: string;
  inject(shop: Shop): Promise<void>;
  recover(shop: Shop): Promise<void>;
  /** What must be ranked first; undefined when nothing is wrong. Checked by the end-to-end test only. */
  readonly expected: { readonly application: string; readonly kinds: readonly string[] } | undefined;
}
