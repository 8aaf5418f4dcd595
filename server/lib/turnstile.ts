/** Lets a few through in each turn of the event loop, in their order. */
export interface Turnstile {
  pass(): Promise<void>;
}

/**
 * Keeps a crowd that comes at once from holding the event loop: beside them, others are answered after the work of
 * `perTurn` of them, not of all. Nobody waits for anybody's work to end, so nobody can be stuck.
 */
export function createTurnstile(perTurn: number): Turnstile {
  const waiting: (() => void)[] = [];
  let passed = 0;

  function nextTurn(): void {
    passed = 0;
    for (const resume of waiting.splice(0, perTurn)) {
      passed += 1;
      resume();
    }
    if (passed > 0) setImmediate(nextTurn);
  }

  return {
    async pass() {
      if (passed >= perTurn) return new Promise<void>((resolve) => waiting.push(resolve));
      passed += 1;
      if (passed === 1) setImmediate(nextTurn);
    },
  };
}
