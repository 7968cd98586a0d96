/** Functions that nothing calls: where a whole stack ends. */
const ROOT =
  /^(_start|_start_c|__libc_start_main|__libc_start_call_main|start_thread|clone3?|__clone3?|__clone_internal|runtime\.(goexit|mstart|rt0_go|mcall|systemstack|morestack)\b.*|_rt0_\w+|_dl_start_user|thread_native_entry)(@.*)?$/;
/** Stripped libraries that programs and threads begin in. */
const BEGINS =
  /^(libc|libc-[\d.]+|libpthread|libpthread-[\d.]+|ld-linux[\w-]*|ld-musl[\w-]*|ld-[\d.]+)\.so[\d.]*\+0x/;

/**
 * Whether callers are missing from a stack (innermost first): it does not end where programs and threads begin. A
 * stack without any name tells nothing and is not counted.
 */
export function isCut(user: readonly string[]): boolean {
  const last = user.at(-1);
  if (last === undefined || last === '[unknown]' || ROOT.test(last)) return false;
  return user.length < 2 || !BEGINS.test(last);
}
