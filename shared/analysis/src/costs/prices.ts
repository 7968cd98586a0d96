/** What resources cost, in one currency. None is built in: what is not given costs nothing here. */
export interface PriceSettings {
  /** As it is printed: USD, EUR … */
  readonly currency: string;
  readonly cpuCoreHour: number;
  readonly memoryGibHour: number;
  /** Per GiB that leaves a zone for another, or the cloud for the internet. */
  readonly crossZoneGib: number;
  readonly internetGib: number;
}

/** Hours of an average month. */
export const MONTH_HOURS = 730;
export const GIB = 1024 ** 3;
