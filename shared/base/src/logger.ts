export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Structured logger; hosts decide where lines go. Never pass secrets or payloads. */
export interface Logger {
  log(level: LogLevel, message: string, attributes?: LogAttributes): void;
}

export const silentLogger: Logger = { log: () => {} };
