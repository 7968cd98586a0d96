/** `12.30 USD`; a dash where it is not known. */
export const moneyText = (amount: number, currency: string): string =>
  Number.isNaN(amount) ? '–' : `${amount.toFixed(2)} ${currency}`;

/** Sum of what is known; NaN when nothing is. */
export function sumKnown(amounts: readonly number[]): number {
  const known = amounts.filter((amount) => !Number.isNaN(amount));
  return known.length === 0 ? NaN : known.reduce((sum, amount) => sum + amount, 0);
}
