/** The interruptions of this process by Ctrl-C or a signal. */
export interface Interrupts extends Disposable {
  readonly first: AbortSignal;
  readonly second: AbortSignal;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Follows the interruptions instead of ending the process.
 *
 * @param onFirst is called at the first one
 */
export function followInterrupts(onFirst: () => void): Interrupts {
  const first = new AbortController();
  const second = new AbortController();
  const interrupt = (): void => {
    if (first.signal.aborted) second.abort();
    else {
      first.abort();
      onFirst();
    }
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return {
    first: first.signal,
    second: second.signal,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, interrupt);
    },
  };
}
