/** The part of the standard AbortSignal that pure code may use; hosts bring the real one. */
interface AbortSignal {
  readonly aborted: boolean;
}
