const HOST = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/;

/** Whether a host, as a URL writes it, is this machine alone: a name that merely begins like an address is not. */
export const isLoopbackHost = (host: string): boolean => HOST.test(host);

/** The same of `host:port`. */
export const isLoopback = (listen: string): boolean =>
  /:\d+$/.test(listen) && isLoopbackHost(listen.replace(/:\d+$/, ''));
