/** Below this two decimals say too little. */
const CENTS = 0.1;

/** `12.30 USD`, `0.0047 USD`; a dash where it is not known. */
export const moneyText = (amount: number, currency: string): string =>
  Number.isNaN(amount) ? '–' : `${digits(amount)} ${currency}`;

const digits = (amount: number): string =>
  amount !== 0 && Math.abs(amount) < CENTS ? String(Number(amount.toPrecision(2))) : amount.toFixed(2);

/** Sum of what is known; NaN when nothing is. */
export function sumKnown(amounts: readonly number[]): number {
  const known = amounts.filter((amount) => !Number.isNaN(amount));
  return known.length === 0 ? NaN : known.reduce((sum, amount) => sum + amount, 0);
}
